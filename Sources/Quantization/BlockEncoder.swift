// SPDX-License-Identifier: Apache-2.0

import CKernels
import Tensors

/// Encodes the slabs of one tensor with a block codec.
///
/// With double quantization all scales are found in a scan first: their mean must be known before
/// any of them can be stored, and the error of a weight is that of its stored scale. The codes come from
/// the exact scales, as bitsandbytes has it.
final class BlockEncoder<Codec: BlockCodec>: TensorEncoder, @unchecked Sendable {
  private let codec: Codec
  private let geometry: BlockGeometry
  private let needsScan: Bool
  /// With double quantization, every block's scale, and what it is after storing.
  ///
  /// Slabs write and read disjoint runs of them.
  private var exactScales: UnsafeMutableBufferPointer<Float>
  private var storedScales: UnsafeMutableBufferPointer<Float>

  init(codec: Codec, geometry: BlockGeometry, elementCount: Int, quantizesScales: Bool) {
    self.codec = codec
    self.geometry = geometry
    needsScan = quantizesScales
    let count = quantizesScales ? geometry.blockCount(of: elementCount) : 0
    exactScales = .allocate(capacity: count)
    exactScales.initialize(repeating: 0)
    storedScales = .allocate(capacity: count)
    storedScales.initialize(repeating: 0)
  }

  deinit {
    exactScales.deallocate()
    storedScales.deallocate()
  }

  func scan(_ slab: Slab, scratch: Scratch) throws {
    try slab.forEachChunk(geometry, scratch: scratch) { chunk, range in
      let first = (slab.elements.lowerBound + range.lowerBound) / geometry.weightCount
      try chooseScales(
        chunk.with(scales: exactScales.baseAddress.unsafelyUnwrapped + first), range, slab, scratch)
    }
  }

  func finishScan() throws -> [[UInt8]] {
    DoubleQuantization.quantize(UnsafeBufferPointer(exactScales), restored: storedScales)
  }

  func encode(
    _ slab: Slab, into outputs: [UnsafeMutableRawBufferPointer], scratch: Scratch
  ) throws -> ErrorStatistics {
    var sums = halftone_error_sums()
    let codes = outputs[0].baseAddress.unsafelyUnwrapped
    precondition(outputs[0].count >= geometry.codeByteCount(of: slab.count))
    if try quantizeInOnePass(slab, into: outputs, &sums) {
      return ErrorStatistics(sums, count: slab.count)
    }
    try slab.forEachChunk(geometry, scratch: scratch) { chunk, range in
      let firstBlock = range.lowerBound / geometry.weightCount
      let chunkCodes = codes + geometry.codeByteCount(of: range.lowerBound)
      let restored: Chunk
      if needsScan {
        let block = slab.elements.lowerBound / geometry.weightCount + firstBlock
        codec.encode(
          chunk.with(scales: exactScales.baseAddress.unsafelyUnwrapped + block), into: chunkCodes,
          scratch: scratch)
        restored = chunk.with(scales: storedScales.baseAddress.unsafelyUnwrapped + block)
      } else {
        try chooseScales(chunk, range, slab, scratch)
        codec.encode(chunk, into: chunkCodes, scratch: scratch)
        store(chunk, firstBlock: firstBlock, into: outputs)
        restored = chunk
      }
      codec.decode(chunkCodes, restored, into: scratch.restored)
      Kernels.active.table.error_sums(chunk.weights, scratch.restored, chunk.count, &sums)
      try slab.requireFinite(scratch.restored, of: range, largestError: sums.max_absolute)
    }
    return ErrorStatistics(sums, count: slab.count)
  }

  /// Encodes a slab with the codec's one-pass kernel, if it has one for such weights.
  ///
  /// Where a weight is not finite it says false, so that the ordinary way finds and names it.
  private func quantizeInOnePass(
    _ slab: Slab, into outputs: [UnsafeMutableRawBufferPointer], _ sums: inout halftone_error_sums
  ) throws -> Bool {
    guard !needsScan, !Codec.hasZeros, let weights = slab.bytes.baseAddress,
      let codes = outputs[0].baseAddress, let scales = outputs[1].baseAddress
    else { return false }
    precondition(outputs[1].count >= 4 * geometry.blockCount(of: slab.count))
    let isFinite = codec.quantize(
      weights, slab.elementType, count: slab.count, block: geometry.weightCount,
      scales: scales.assumingMemoryBound(to: Float.self), codes: codes, sums: &sums)
    if isFinite == false { sums = halftone_error_sums() }
    return isFinite == true
  }

  /// Copies a chunk's scales, and its zero points two to a byte, to where the slab's are gathered.
  private func store(
    _ chunk: Chunk, firstBlock: Int, into outputs: [UnsafeMutableRawBufferPointer]
  ) {
    let count = chunk.blockCount
    precondition(outputs[1].count >= 4 * (firstBlock + count))
    (outputs[1].baseAddress.unsafelyUnwrapped + 4 * firstBlock)
      .copyMemory(from: chunk.scales, byteCount: 4 * count)
    guard Codec.hasZeros else { return }
    for block in 0..<count {
      let nibble = UInt8(chunk.zeros[block])
      let index = firstBlock + block
      if index % 2 == 0 {
        outputs[2][index / 2] = nibble << 4
      } else {
        outputs[2][index / 2] |= nibble
      }
    }
  }

  private func chooseScales(
    _ chunk: Chunk, _ range: Range<Int>, _ slab: Slab, _ scratch: Scratch
  ) throws {
    guard codec.chooseScales(chunk, scratch: scratch) else {
      throw slab.nonFinite(in: range, scratch: scratch)
    }
    if let block = (0..<chunk.blockCount).first(where: { !chunk.scales[$0].isFinite }) {
      let start = range.lowerBound + block * geometry.weightCount
      let end = min(range.upperBound, start + geometry.weightCount)
      let index = slab.firstIndex(in: start..<end, scratch: scratch.weights) {
        abs($0) >= ElementType.f16.overflowThreshold
      }
      throw QuantizationError.outsideRange(
        tensor: slab.tensor, index: index ?? slab.elements.lowerBound + start, type: .f16)
    }
  }
}
