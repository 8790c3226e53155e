// SPDX-License-Identifier: Apache-2.0

import CKernels
import Tensors

/// Encodes the slabs of one tensor as integer groups.
///
/// Scales are rounded to the type in which they are stored first, and weights are divided by what is
/// stored, so that no code is chosen for a scale that nobody will see.
struct IntegerGroupEncoder: TensorEncoder {
  let kind: IntegerGroups.Kind
  let groupSize: Int
  /// BF16 or F16.
  let scaleType: ElementType

  func encode(
    _ slab: Slab, into outputs: [UnsafeMutableRawBufferPointer], scratch: Scratch
  ) throws -> ErrorStatistics {
    let geometry = BlockGeometry(weightCount: groupSize, codeBits: kind.bits)
    precondition(
      outputs[0].count >= geometry.codeByteCount(of: slab.count)
        && outputs[1].count >= 2 * geometry.blockCount(of: slab.count))
    let length = geometry.chunkWeightCount
    let groups = geometry.blockCount(of: length)
    scratch.reserve(length)
    var sums = halftone_error_sums()
    try withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * groups) { numbers in
      let scales = numbers.baseAddress.unsafelyUnwrapped
      for start in stride(from: 0, to: slab.count, by: length) {
        let range = start..<min(start + length, slab.count)
        slab.widen(range, into: scratch.weights)
        let chunk = Chunk(
          weights: scratch.weights, count: range.count, block: groupSize, scales: scales,
          zeros: scales + groups)
        try chooseScales(chunk, range, slab, scratch)
        let firstGroup = start / groupSize
        store(chunk, firstGroup: firstGroup, into: outputs)
        encode(
          chunk, into: outputs[0].baseAddress.unsafelyUnwrapped + geometry.codeByteCount(of: start),
          scratch)
        Kernels.active.table.error_sums(chunk.weights, scratch.restored, chunk.count, &sums)
      }
    }
    return ErrorStatistics(sums, count: slab.count)
  }

  /// Encodes a chunk by its scales, and restores it into `scratch.restored`.
  private func encode(
    _ chunk: Chunk, into codes: UnsafeMutableRawPointer, _ scratch: Scratch
  ) {
    let bytes = codes.assumingMemoryBound(to: UInt8.self)
    scratch.spare.withMemoryRebound(to: UInt8.self, capacity: chunk.count) { single in
      let target = kind.bits == 8 ? bytes : single
      halftone_encode_groups(
        chunk.weights, chunk.count, chunk.block, chunk.scales, chunk.zeros, kind.largest, target)
      halftone_decode_groups(
        target, chunk.count, chunk.block, chunk.scales, chunk.zeros, scratch.restored)
      if kind.bits == 4 { halftone_pack_nibbles(single, chunk.count, bytes) }
    }
  }

  /// Chooses a chunk's scales and zero points; the scales are what is stored, widened.
  private func chooseScales(
    _ chunk: Chunk, _ range: Range<Int>, _ slab: Slab, _ scratch: Scratch
  ) throws {
    let minima = scratch.secondSpare
    guard
      Kernels.active.table.minmax(chunk.weights, chunk.count, chunk.block, minima, chunk.scales)
        == 0
    else {
      let index = slab.firstIndex(in: range, scratch: scratch.weights) { !$0.isFinite }
      throw QuantizationError.nonFinite(
        tensor: slab.tensor, index: index ?? slab.elements.lowerBound + range.lowerBound)
    }
    for group in 0..<chunk.blockCount {
      // 0 is always among the weights that a group can restore.
      let low = min(minima[group], 0)
      let high = max(chunk.scales[group], 0)
      // Halved first, for the difference of two huge weights may overflow.
      chunk.scales[group] =
        kind.hasZeros
        ? (high / 2 - low / 2) / (kind.largest / 2) : max(-low, high) / (kind.largest / 2)
    }
    roundToStored(chunk.scales, count: chunk.blockCount, scratch)
    for group in 0..<chunk.blockCount {
      guard chunk.scales[group].isFinite else {
        let first = range.lowerBound + group * groupSize
        throw QuantizationError.outsideRange(
          tensor: slab.tensor, index: slab.elements.lowerBound + first, type: scaleType)
      }
      if chunk.scales[group] == 0 { chunk.scales[group] = scaleOfNothing }
      guard kind.hasZeros else {
        chunk.zeros[group] = kind.middle
        continue
      }
      let zero = (-min(minima[group], 0) / chunk.scales[group]).rounded(.toNearestOrEven)
      chunk.zeros[group] = min(kind.largest, max(0, zero))
    }
  }

  /// The scale of a group of zeros: the distance from 1 to the next number of its type, as
  /// compressed-tensors has it, for 0 can't be divided by.
  private var scaleOfNothing: Float { scaleType == .bf16 ? 0x1p-7 : 0x1p-10 }

  /// Rounds scales to the type that they are stored in, to nearest even.
  private func roundToStored(
    _ scales: UnsafeMutablePointer<Float>, count: Int, _ scratch: Scratch
  ) {
    scratch.thirdSpare.withMemoryRebound(to: UInt16.self, capacity: 2 * count) { narrow in
      let kernels = Kernels.active.table
      if scaleType == .bf16 {
        kernels.narrow_bf16(scales, count, narrow)
        kernels.widen_bf16(narrow, count, scales)
      } else {
        kernels.narrow_f16(scales, count, narrow)
        kernels.widen_f16(narrow, count, scales)
      }
    }
  }

  /// Copies a chunk's scales, and its zero points two to a byte, to where the slab's are gathered.
  private func store(
    _ chunk: Chunk, firstGroup: Int, into outputs: [UnsafeMutableRawBufferPointer]
  ) {
    let count = chunk.blockCount
    let base = outputs[1].baseAddress.unsafelyUnwrapped + 2 * firstGroup
    let narrow = base.assumingMemoryBound(to: UInt16.self)
    if scaleType == .bf16 {
      Kernels.active.table.narrow_bf16(chunk.scales, count, narrow)
    } else {
      Kernels.active.table.narrow_f16(chunk.scales, count, narrow)
    }
    guard kind.hasZeros else { return }
    for group in 0..<count {
      let nibble = UInt8(chunk.zeros[group])
      let index = firstGroup + group
      if index % 2 == 0 {
        outputs[2][index / 2] = nibble
      } else {
        outputs[2][index / 2] |= nibble << 4
      }
    }
  }
}
