// SPDX-License-Identifier: Apache-2.0

import Tensors

extension StoredTensor {
  /// The same tensor with all its components kept, so that restoring its numbers again and again checks
  /// and decompresses nothing a second time.
  ///
  /// What stands in a mapped file as it is is not copied; anything else takes its own size.
  /// - Throws: the source's error.
  package func retained() throws -> StoredTensor {
    let kept = RetainedComponents(
      components: components,
      bytes: try components.indices.map {
        try retainedBytes(of: $0, in: 0..<components[$0].byteCount)
      })
    return StoredTensor(
      encoding: encoding, component: { kept.components[$0] }, makeStore: { kept })
  }

  /// The weights `range`, restored wherever it begins.
  ///
  /// The kernels begin with a block, so where the range does not, the block that it begins in is restored
  /// first, beside it.
  /// - Parameter item: whose weights they are, for errors.
  /// - Throws: the source's error.
  package func restore(
    _ range: Range<Int>, into buffer: UnsafeMutableBufferPointer<Float>, item: String
  ) throws {
    let unit = weightsPerNumber.values.reduce(2) { max($0, $1) }
    let skipped = range.lowerBound % unit
    guard skipped != 0, unit <= Self.longestDivided else {
      return try decode(encoding, range, into: buffer, item: item)
    }
    let first = range.lowerBound..<min(range.lowerBound - skipped + unit, range.upperBound)
    try withUnsafeTemporaryAllocation(of: Float.self, capacity: unit) { block in
      try decode(
        encoding, first.lowerBound - skipped..<first.upperBound, into: block, item: item)
      for index in 0..<first.count { buffer[index] = block[skipped + index] }
    }
    try decode(
      encoding, first.upperBound..<range.upperBound,
      into: UnsafeMutableBufferPointer(rebasing: buffer[first.count...]), item: item)
  }

  /// Blocks up to this length are restored whole where a range divides them.
  private static let longestDivided = 1 << 16
}

/// Components that are in memory, or mapped.
private struct RetainedComponents: ComponentStore {
  let components: [StoredTensor.Component]
  let bytes: [RetainedBytes]

  func elementType(of component: Int) -> ElementType { components[component].elementType }

  func elementCount(of component: Int) -> Int { components[component].shape.reduce(1, *) }

  func codebookLength(of component: Int, isSingle: Bool) -> Int {
    isSingle ? elementCount(of: component) : components[component].shape.last ?? 1
  }

  func withBytes<Result>(
    of component: Int, in range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    let part = bytes[component][range]
    return try withExtendedLifetime(part) {
      try body(UnsafeRawBufferPointer(start: part.start, count: part.count))
    }
  }

  func retainedBytes(of component: Int, in range: Range<Int>) throws -> RetainedBytes {
    bytes[component][range]
  }

  func refusal(_ item: String, _ problem: String) -> any Error {
    QuantizationError.components(tensor: item, problem: problem)
  }
}
