// SPDX-License-Identifier: Apache-2.0

import CKernels
import Quantization
import Tensors

/// Encodes the slabs of one tensor in blocks of a type.
struct GGUFBlockEncoder: TensorEncoder {
  let type: GGUFType
  let kernel: GGUFEncoderKernel
  /// Takes the place of the other for bf16 weights, where there is one.
  let onePass: GGUFQuantizerKernel?

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
      let blocks = outputs[0].baseAddress.unsafelyUnwrapped
        .advanced(by: start / type.weightCount * type.byteCount)
        .assumingMemoryBound(to: UInt8.self)
      if encodeInOnePass(range, of: slab, into: blocks, &sums) { continue }
      slab.widen(range, into: scratch.weights)
      kernel(scratch.weights, range.count / type.weightCount, blocks, scratch.restored)
      Kernels.active.table.error_sums(scratch.weights, scratch.restored, range.count, &sums)
      if !sums.ee.isFinite { try requireFinite(range, of: slab, scratch: scratch) }
    }
    return ErrorStatistics(sums, count: slab.count)
  }

  /// Encodes some weights in one pass, if there is a kernel for them.
  ///
  /// Where a weight or a scale is not finite it says false, so that the ordinary way finds and names it.
  private func encodeInOnePass(
    _ range: Range<Int>, of slab: Slab, into blocks: UnsafeMutablePointer<UInt8>,
    _ sums: inout halftone_error_sums
  ) -> Bool {
    guard let onePass, slab.elementType == .bf16, let bytes = slab.bytes.baseAddress else {
      return false
    }
    let before = sums
    let weights = (bytes + 2 * range.lowerBound).assumingMemoryBound(to: UInt16.self)
    if onePass(weights, range.count / type.weightCount, blocks, &sums) == 0 { return true }
    sums = before
    return false
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
