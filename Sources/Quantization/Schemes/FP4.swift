// SPDX-License-Identifier: Apache-2.0

import CKernels
import Tensors

/// 4-bit float by the rule of bitsandbytes' GPU kernels.
///
/// `formats/encodings.md`, "fp4".
struct FP4: BlockCodec {
  static let name = "fp4"
  static let codeBits = 4
  static let codeType = ElementType.u8
  static let constants = [TensorLayout.Component.constant("codebook", Codebook.fp4)]

  static func steps(
    scales: Encoding, zeros: Encoding?, constants: [Int], block: Int
  ) -> [Encoding.Step] {
    [.init(.lookup, Encoding(component: constants[0])), .init(.multiply, scales, block: block)]
  }

  func chooseScales(_ chunk: Chunk, scratch: Scratch) -> Bool { chunk.chooseAbsoluteMaxima() }

  func encode(_ chunk: Chunk, into codes: UnsafeMutableRawPointer, scratch: Scratch) {
    Kernels.active.table.encode_fp4(
      chunk.weights, chunk.count, chunk.block, chunk.scales,
      codes.assumingMemoryBound(to: UInt8.self))
  }

  func decode(
    _ codes: UnsafeRawPointer, _ chunk: Chunk, into restored: UnsafeMutablePointer<Float>
  ) {
    chunk.lookUp(codes, in: Codebook.fp4, into: restored)
  }
}
