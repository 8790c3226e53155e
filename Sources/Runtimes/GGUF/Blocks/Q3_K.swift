// SPDX-License-Identifier: Apache-2.0

import CKernels

/// 3-bit codes around 4, the third bits apart; every 16 share a signed 6-bit scale.
enum Q3_K: GGUFBlock {
  static let name = "q3_k"
  static let id: UInt32 = 11
  static let weightCount = 256
  static let byteCount = 32 + 64 + 12 + 2

  static func encoder(in kernels: halftone_block_encoders) -> GGUFEncoderKernel? {
    kernels.q3_k
  }

  static func decode(_ block: UnsafePointer<UInt8>, into weights: UnsafeMutablePointer<Float>) {
    let scale = block.half(at: 108)
    for part in 0..<16 {
      let (half, layer) = (part / 8, part % 8 / 2)
      let side = 16 * (part % 2)
      let codes = 32 + 32 * half + side
      let step = scale * Float(Self.scale(part, of: block + 96) - 32)
      for index in 0..<16 {
        // A bit that is not set takes 4 away.
        let high = block.bit(side + index, part: 4 * half + layer) << 2
        let code = block.pair(codes + index, part: layer) | high
        weights[16 * part + index] = step * Float(code - 4)
      }
    }
  }

  /// The 6-bit number `part` of 16: the low four bits of all in 8 bytes, the high two in 4.
  @inline(__always)
  private static func scale(_ part: Int, of bytes: UnsafePointer<UInt8>) -> Int32 {
    bytes.nibble(part % 8, half: part / 8) | bytes.pair(8 + part % 4, part: part / 4) << 4
  }
}
