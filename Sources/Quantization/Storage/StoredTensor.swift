// SPDX-License-Identifier: Apache-2.0

import Tensors

/// A tensor as it stands in a source: its components and how they become weights.
///
/// Whoever writes it in another format can so keep its codes, instead of losing something a second time.
package struct StoredTensor: Sendable {
  /// One stored array.
  package struct Component: Sendable {
    /// What it is in a word, for people: `codes`, `scales`.
    package var role: String
    package var elementType: ElementType
    package var shape: [Int]

    package init(role: String, elementType: ElementType, shape: [Int]) {
      self.role = role
      self.elementType = elementType
      self.shape = shape
    }

    /// The size in bytes.
    package var byteCount: Int { shape.reduce(1, *) * elementType.bitWidth / 8 }
  }

  /// Refers to the components by their position.
  package let encoding: Encoding
  package let components: [Component]
  private let makeStore: @Sendable () -> any ComponentStore
  private let numbers: [Int]

  /// Describes a tensor.
  ///
  /// - Parameters:
  ///   - encoding: refers to the components by their numbers in the store.
  ///   - component: describes the component of a number.
  ///   - makeStore: gives the store; called once for each thread that reads.
  package init(
    encoding: Encoding, component: (Int) -> Component,
    makeStore: @escaping @Sendable () -> any ComponentStore
  ) {
    let numbers = encoding.components
    let positions = Dictionary(uniqueKeysWithValues: numbers.enumerated().map { ($1, $0) })
    self.numbers = numbers
    self.encoding = encoding.mapComponents { positions[$0] ?? 0 }
    components = numbers.map(component)
    self.makeStore = makeStore
  }

  /// What the numbers are where nothing is done to them; nil where they are codes.
  package var plainType: ElementType? {
    guard encoding.bits == nil, (encoding.steps ?? []).isEmpty else { return nil }
    return components[encoding.component].elementType
  }

  /// Calls `body` with some of the bytes of the component at a position.
  ///
  /// - Throws: the source's error.
  package func withBytes<Result>(
    of position: Int, in range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    try makeStore().withBytes(of: numbers[position], in: range, body)
  }

  /// Some of the bytes of the component at a position, to be kept: not copied where they stand in a
  /// mapped file as they are.
  ///
  /// - Throws: the source's error.
  package func retainedBytes(of position: Int, in range: Range<Int>) throws -> RetainedBytes {
    try makeStore().retainedBytes(of: numbers[position], in: range)
  }

  /// The numbers `range` of an encoding that refers to this tensor's components by position, such as
  /// an operand of ``encoding``.
  ///
  /// - Parameter item: whose encoding it is, for errors.
  /// - Throws: the source's error.
  package func decode(
    _ encoding: Encoding, _ range: Range<Int>, into buffer: UnsafeMutableBufferPointer<Float>,
    item: String
  ) throws {
    try makeStore().decode(
      encoding.mapComponents { numbers[$0] }, range, into: buffer, item: item)
  }

  /// All bytes of the component at a position.
  ///
  /// - Throws: the source's error.
  package func bytes(of position: Int) throws -> [UInt8] {
    try withBytes(of: position, in: 0..<components[position].byteCount) { Array($0) }
  }
}

extension Encoding {
  /// Every component that it refers to, once, in the order in which a reader meets them.
  package var components: [Int] {
    var found = [component]
    for step in steps ?? [] {
      for number in step.operand.components where !found.contains(number) { found.append(number) }
    }
    return found
  }
}

/// A source that can give its tensors out as they stand.
package protocol EncodedSource: ModelSource {
  /// The tensor of that name as it stands, or nil where its numbers stand plainly (its scheme is its
  /// element type).
  ///
  /// - Throws: the source's error where the tensor is absent or can't be read.
  func stored(_ name: String) throws -> StoredTensor?
}
