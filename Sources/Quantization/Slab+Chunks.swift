// SPDX-License-Identifier: Apache-2.0

import Tensors

extension Slab {
  /// Walks the slab in chunks of whole blocks whose weights stand in `scratch.weights`.
  ///
  /// - Parameter body: gets a chunk with room for its scales and zero points, and which of the slab's
  ///   weights it is.
  func forEachChunk(
    _ geometry: BlockGeometry, scratch: Scratch, _ body: (Chunk, Range<Int>) throws -> Void
  ) throws {
    let length = geometry.chunkWeightCount
    scratch.reserve(length)
    let blocks = geometry.blockCount(of: length)
    try withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * blocks) { numbers in
      let base = numbers.baseAddress.unsafelyUnwrapped
      var start = 0
      while start < count {
        let range = start..<min(start + length, count)
        widen(range, into: scratch.weights)
        let chunk = Chunk(
          weights: scratch.weights, count: range.count, block: geometry.weightCount, scales: base,
          zeros: base + blocks)
        try body(chunk, range)
        start = range.upperBound
      }
    }
  }

  /// The error for the first weight of a range that is NaN or infinite.
  func nonFinite(in range: Range<Int>, scratch: Scratch) -> QuantizationError {
    let index = firstIndex(in: range, scratch: scratch.weights) { !$0.isFinite }
    return .nonFinite(tensor: tensor, index: index ?? elements.lowerBound + range.lowerBound)
  }

  /// Checks that everything restored is finite, which near the end of fp32's range it may not be.
  ///
  /// - Throws: ``QuantizationError/outsideRange(tensor:index:type:)``.
  func requireFinite(
    _ restored: UnsafePointer<Float>, of range: Range<Int>, largestError: Float
  ) throws {
    if largestError.isFinite { return }
    let bad = (0..<range.count).first { !restored[$0].isFinite } ?? 0
    throw QuantizationError.outsideRange(
      tensor: tensor, index: elements.lowerBound + range.lowerBound + bad, type: .f32)
  }
}
