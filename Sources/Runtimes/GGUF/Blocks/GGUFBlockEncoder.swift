// SPDX-License-Identifier: Apache-2.0

import CKernels
import Quantization
import Tensors

/// Encodes the slabs of one tensor in blocks of a type.
struct GGUFBlockEncoder: TensorEncoder {
  let type: GGUFType
  let kernel: GGUFEncoderKernel

  func encode(
    _ slab: Slab, into outputs: [UnsafeMutableRawBufferPointer], scratch: Scratch
  ) throws -> ErrorStatistics {
    // Whole blocks of every type, and as many as the first-level cache holds in all buffers.
    let length = BlockGeometry.chunkWeightGoal
    var sums = halftone_error_sums()
    precondition(slab.count % type.weightCount == 0)
    precondition(outputs[0].count >= slab.count / type.weightCount * type.byteCount)
    scratch.reserve(length)
    for start in stride(from: 0, to: slab.count, by: length) {
      let range = start..<min(start + length, slab.count)
      prefetch(range, of: slab)
      slab.widen(range, into: scratch.weights)
      let blocks = outputs[0].baseAddress.unsafelyUnwrapped
        .advanced(by: start / type.weightCount * type.byteCount)
      kernel(
        scratch.weights, range.count / type.weightCount,
        blocks.assumingMemoryBound(to: UInt8.self), scratch.restored)
      Kernels.active.table.error_sums(scratch.weights, scratch.restored, range.count, &sums)
      if !sums.ee.isFinite { try requireFinite(range, of: slab, scratch: scratch) }
    }
    return ErrorStatistics(sums, count: slab.count)
  }

  /// Has the memory bring the chunk that lies one strip ahead: weights follow each other, and while one
  /// chunk is computed the memory is idle.
  private func prefetch(_ range: Range<Int>, of slab: Slab) {
    guard let bytes = slab.bytes.baseAddress else { return }
    let width = slab.elementType.bitWidth / 8
    let ahead = range.lowerBound + BlockGeometry.stripWeightGoal
    Kernels.prefetch(bytes + ahead * width, byteCount: range.count * width)
  }

  /// Finds what made a sum overflow: a weight that is not finite, or a scale too large for half
  /// precision.
  ///
  /// Neither need be there, for the squares of large fp32 weights overflow too.
  private func requireFinite(_ range: Range<Int>, of slab: Slab, scratch: Scratch) throws {
    let restored = scratch.restored
    let tooLarge = (0..<range.count).first { !restored[$0].isFinite }
    if let index = slab.firstIndex(in: range, scratch: scratch.weights, where: { !$0.isFinite }) {
      throw QuantizationError.nonFinite(tensor: slab.tensor, index: index)
    }
    if let tooLarge {
      throw QuantizationError.outsideRange(
        tensor: slab.tensor, index: slab.elements.lowerBound + range.lowerBound + tooLarge,
        type: .f16)
    }
  }
}
