// SPDX-License-Identifier: Apache-2.0

import Tensors

/// Where the components are to which an ``Encoding`` refers by number, whatever file they stand in.
///
/// A store has checked, before it is asked to evaluate an encoding, that every component holds as many
/// numbers as the encoding takes from it.
package protocol ComponentStore {
  /// What one number of a component is.
  func elementType(of component: Int) -> ElementType

  /// How many numbers a component has.
  func elementCount(of component: Int) -> Int

  /// The entries of one codebook: all numbers of the component where it is a single one, else those of
  /// its last dimension.
  func codebookLength(of component: Int, isSingle: Bool) -> Int

  /// Calls `body` with some of a component's bytes, as they were before any compression.
  ///
  /// - Throws: the store's error where they can't be had.
  func withBytes<Result>(
    of component: Int, in range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result

  /// The same bytes, to be kept: where they are mapped, if that can be, else a copy.
  ///
  /// - Throws: the store's error where they can't be had.
  func retainedBytes(of component: Int, in range: Range<Int>) throws -> RetainedBytes

  /// The store's error for a problem with `item`, a tensor.
  func refusal(_ item: String, _ problem: String) -> any Error
}

extension ComponentStore {
  package func retainedBytes(of component: Int, in range: Range<Int>) throws -> RetainedBytes {
    try RetainedBytes(count: range.count) { memory in
      try withBytes(of: component, in: range) { memory.copyMemory(from: $0) }
    }
  }
}
