// SPDX-License-Identifier: Apache-2.0

import CKernels

/// 5-bit codes, the fifth bits apart; scales and minima as in ``Q4_K``.
enum Q5_K: GGUFBlock {
  static let name = "q5_k"
  static let id: UInt32 = 13
  static let weightCount = 256
  static let byteCount = 2 + 2 + 12 + 32 + 128

  static func encoder(in kernels: halftone_block_encoders) -> GGUFEncoderKernel? {
    kernels.q5_k
  }

  static func decode(_ block: UnsafePointer<UInt8>, into weights: UnsafeMutablePointer<Float>) {
    let scale = block.half(at: 0)
    let minimum = block.half(at: 2)
    for part in 0..<8 {
      let (code, low) = sixBitPair(part, of: block + 4)
      let step = scale * Float(code)
      let lowest = minimum * Float(low)
      let codes = 48 + 32 * (part / 2)
      for index in 0..<32 {
        let high = block.bit(16 + index, part: part) << 4
        let code = block.nibble(codes + index, half: part % 2) | high
        weights[32 * part + index] = step * Float(code) - lowest
      }
    }
  }
}
