// SPDX-License-Identifier: Apache-2.0

import CKernels

/// 6-bit codes around 32, the two highest bits apart; every 16 share a signed byte as their scale.
enum Q6_K: GGUFBlock {
  static let name = "q6_k"
  static let id: UInt32 = 14
  static let weightCount = 256
  static let byteCount = 128 + 64 + 16 + 2

  static func encoder(in kernels: halftone_block_encoders) -> GGUFEncoderKernel? {
    kernels.q6_k
  }

  static func decode(_ block: UnsafePointer<UInt8>, into weights: UnsafeMutablePointer<Float>) {
    let scale = block.half(at: 208)
    for part in 0..<16 {
      // Each 128 weights: four runs of 32, whose low bits lie in two layers of 64 bytes and whose
      // high bits in four layers of 32.
      let (half, run) = (part / 8, part % 8 / 2)
      let side = 16 * (part % 2)
      let low = 64 * half + 32 * (run % 2) + side
      let high = 128 + 32 * half + side
      let step = scale * Float(Int8(bitPattern: block[192 + part]))
      for index in 0..<16 {
        let code =
          block.nibble(low + index, half: run / 2) | block.pair(high + index, part: run) << 4
        weights[16 * part + index] = step * Float(code - 32)
      }
    }
  }
}
