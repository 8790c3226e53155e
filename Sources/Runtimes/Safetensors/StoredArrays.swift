// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Quantization
import Tensors

/// The arrays of one tensor as the components of its encoding, by number.
struct StoredArrays: ComponentStore {
  /// Where a component's bytes are.
  enum Array: Sendable {
    /// A tensor of the file.
    case stored(String)
    /// A run of a tensor's bytes, from that byte on.
    case part(String, start: Int)
    /// Numbers that the file states in another way, or that are understood.
    case known([UInt8])
    /// They are put together from tensors of the file.
    case derived(any DerivedArray)
  }

  let model: SafetensorsModel
  let file: String
  /// What each component is, and where.
  let components: [(component: StoredTensor.Component, array: Array)]

  func elementType(of component: Int) -> ElementType {
    components[component].component.elementType
  }

  func elementCount(of component: Int) -> Int {
    components[component].component.shape.reduce(1, *)
  }

  func codebookLength(of component: Int, isSingle: Bool) -> Int {
    isSingle ? elementCount(of: component) : components[component].component.shape.last ?? 1
  }

  func withBytes<Result>(
    of component: Int, in range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    switch components[component].array {
    case .stored(let name): return try model.withStoredBytes(of: name, in: range, body)
    case .part(let name, let start):
      return try model.withStoredBytes(
        of: name, in: start + range.lowerBound..<start + range.upperBound, body)
    case .known(let bytes):
      return try bytes.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[range])) }
    case .derived(let array):
      return try withUnsafeTemporaryAllocation(byteCount: max(1, range.count), alignment: 8) {
        let bytes = UnsafeMutableRawBufferPointer(rebasing: $0[..<range.count])
        try array.copy(range, of: model, into: bytes)
        return try body(UnsafeRawBufferPointer(bytes))
      }
    }
  }

  func retainedBytes(of component: Int, in range: Range<Int>) throws -> RetainedBytes {
    if case .stored(let name) = components[component].array,
      let bytes = try model.retainedBytes(of: name, in: range)
    {
      return bytes
    }
    return try RetainedBytes(count: range.count) { memory in
      try withBytes(of: component, in: range) { memory.copyMemory(from: $0) }
    }
  }

  func refusal(_ item: String, _ problem: String) -> any Error {
    RuntimeError.malformed(file: file, tensor: item, problem: problem)
  }
}

/// An array that a file holds in another order.
protocol DerivedArray: Sendable {
  /// Puts some of its bytes together.
  ///
  /// - Throws: the model's error.
  func copy(
    _ range: Range<Int>, of model: SafetensorsModel, into bytes: UnsafeMutableRawBufferPointer
  ) throws
}
