// SPDX-License-Identifier: Apache-2.0

import CKernels

/// 2-bit codes; every 16 share a 4-bit scale and a 4-bit minimum, which the block scales.
enum Q2_K: GGUFBlock {
  static let name = "q2_k"
  static let id: UInt32 = 10
  static let weightCount = 256
  static let byteCount = 16 + 64 + 2 + 2

  static func encoder(in kernels: halftone_block_encoders) -> GGUFEncoderKernel? {
    kernels.q2_k
  }

  static func decode(_ block: UnsafePointer<UInt8>, into weights: UnsafeMutablePointer<Float>) {
    let scale = block.half(at: 80)
    let minimum = block.half(at: 82)
    for part in 0..<16 {
      // Each 128 weights lie in 32 bytes, as four layers of 2 bits.
      let (half, layer) = (part / 8, part % 8 / 2)
      let codes = 16 + 32 * half + 16 * (part % 2)
      let step = scale * Float(block[part] & 15)
      let lowest = minimum * Float(block[part] >> 4)
      for index in 0..<16 {
        weights[16 * part + index] = step * Float(block.pair(codes + index, part: layer)) - lowest
      }
    }
  }
}
