// SPDX-License-Identifier: Apache-2.0

import CKernels
import Tensors

/// 8-bit integers, one absolute maximum per row, rounded to fp16 first: the weights of LLM.int8()
/// by the rule of bitsandbytes' CPU backend.
///
/// `formats/encodings.md`, "int8-row".
struct Int8Rows: BlockCodec {
  static let name = "int8-row"
  static let codeBits = 8
  static let codeType = ElementType.i8
  static let blocksAreRows = true
  static let constants = Int8Blocks.constants

  static func steps(
    scales: Encoding, zeros: Encoding?, constants: [Int], block: Int
  ) -> [Encoding.Step] {
    Int8Blocks.steps(scales: scales, zeros: zeros, constants: constants, block: block)
  }

  /// Rounding to fp16 is monotonic, so the maximum of the rounded weights is the rounded maximum.
  func chooseScales(_ chunk: Chunk, scratch: Scratch) -> Bool {
    guard chunk.chooseAbsoluteMaxima() else { return false }
    roundToHalf(chunk.scales, count: chunk.blockCount, into: chunk.scales, scratch: scratch)
    return true
  }

  func encode(_ chunk: Chunk, into codes: UnsafeMutableRawPointer, scratch: Scratch) {
    roundToHalf(chunk.weights, count: chunk.count, into: scratch.spare, scratch: scratch)
    let rounded = Chunk(
      weights: scratch.spare, count: chunk.count, block: chunk.block, scales: chunk.scales,
      zeros: chunk.zeros)
    Int8Blocks().encode(rounded, into: codes, scratch: scratch)
  }

  func decode(
    _ codes: UnsafeRawPointer, _ chunk: Chunk, into restored: UnsafeMutablePointer<Float>
  ) {
    Int8Blocks().decode(codes, chunk, into: restored)
  }

  private func roundToHalf(
    _ numbers: UnsafePointer<Float>, count: Int, into rounded: UnsafeMutablePointer<Float>,
    scratch: Scratch
  ) {
    scratch.thirdSpare.withMemoryRebound(to: UInt16.self, capacity: 2 * count) { halves in
      Kernels.active.table.narrow_f16(numbers, count, halves)
      Kernels.active.table.widen_f16(halves, count, rounded)
    }
  }
}
