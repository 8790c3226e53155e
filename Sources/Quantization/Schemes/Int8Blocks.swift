// SPDX-License-Identifier: Apache-2.0

import CKernels
import Tensors

/// 8-bit integers, one absolute maximum per block: weight = code × absmax / 127.
///
/// `formats/encodings.md`, "int8".
struct Int8Blocks: BlockCodec {
  static let name = "int8"
  static let codeBits = 8
  static let codeType = ElementType.i8
  static let constants = [TensorLayout.Component.constant("step", [Float(1) / 127])]

  static func steps(
    scales: Encoding, zeros: Encoding?, constants: [Int], block: Int
  ) -> [Encoding.Step] {
    [
      .init(.multiply, scales, block: block),
      .init(.multiply, Encoding(component: constants[0])),
    ]
  }

  func chooseScales(_ chunk: Chunk, scratch: Scratch) -> Bool { chunk.chooseAbsoluteMaxima() }

  func encode(_ chunk: Chunk, into codes: UnsafeMutableRawPointer, scratch: Scratch) {
    let multipliers = scratch.secondSpare
    for block in 0..<chunk.blockCount {
      multipliers[block] = Self.multiplier(for: chunk.scales[block])
    }
    Kernels.active.table.encode_int8(
      chunk.weights, chunk.count, chunk.block, multipliers,
      codes.assumingMemoryBound(to: Int8.self))
  }

  func decode(
    _ codes: UnsafeRawPointer, _ chunk: Chunk, into restored: UnsafeMutablePointer<Float>
  ) {
    Kernels.active.table.decode_int8(
      codes.assumingMemoryBound(to: Int8.self), chunk.count, chunk.block, chunk.scales, restored)
    for index in 0..<chunk.count { restored[index] *= Float(1) / 127 }
  }

  /// What turns a weight into a code: (1 / absmax) × 127 in fp32, as bitsandbytes' CPU backend has
  /// it; 0 for a block of zeros.
  ///
  /// The reciprocal of a subnormal maximum would be infinite, so such a maximum counts as the
  /// smallest normal number.
  static func multiplier(for absoluteMaximum: Float) -> Float {
    absoluteMaximum == 0 ? 0 : 1 / max(absoluteMaximum, .leastNormalMagnitude) * 127
  }
}
