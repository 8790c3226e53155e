// SPDX-License-Identifier: Apache-2.0

import CKernels
import Tensors

/// 4-bit NormalFloat, one absolute maximum per block. `formats/encodings.md`, "nf4".
struct NF4: BlockCodec {
  static let name = "nf4"
  static let codeBits = 4
  static let codeType = ElementType.u8
  static let constants = [TensorLayout.Component.constant("codebook", Codebook.nf4)]

  static func steps(
    scales: Encoding, zeros: Encoding?, constants: [Int], block: Int
  ) -> [Encoding.Step] {
    [.init(.lookup, Encoding(component: constants[0])), .init(.multiply, scales, block: block)]
  }

  func chooseScales(_ chunk: Chunk, scratch: Scratch) -> Bool { chunk.chooseAbsoluteMaxima() }

  func encode(_ chunk: Chunk, into codes: UnsafeMutableRawPointer, scratch: Scratch) {
    Kernels.active.table.encode_nf4(
      chunk.weights, chunk.count, chunk.block, chunk.scales,
      codes.assumingMemoryBound(to: UInt8.self))
  }

  func quantize(
    _ weights: UnsafeRawPointer, _ elementType: ElementType, count: Int, block: Int,
    scales: UnsafeMutablePointer<Float>, codes: UnsafeMutableRawPointer,
    sums: inout halftone_error_sums
  ) -> Bool? {
    guard elementType == .bf16 else { return nil }
    return Kernels.active.table.quantize_nf4_bf16(
      weights.assumingMemoryBound(to: UInt16.self), count, block, scales,
      codes.assumingMemoryBound(to: UInt8.self), &sums) == 0
  }

  func decode(
    _ codes: UnsafeRawPointer, _ chunk: Chunk, into restored: UnsafeMutablePointer<Float>
  ) {
    chunk.lookUp(codes, in: Codebook.nf4, into: restored)
  }
}
