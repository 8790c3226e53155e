// SPDX-License-Identifier: Apache-2.0

import CKernels

/// 4-bit codes; every 32 share a 6-bit scale and a 6-bit minimum, which the block scales.
enum Q4_K: GGUFBlock {
  static let name = "q4_k"
  static let id: UInt32 = 12
  static let weightCount = 256
  static let byteCount = 2 + 2 + 12 + 128

  static func encoder(in kernels: halftone_block_encoders) -> GGUFEncoderKernel? {
    kernels.q4_k
  }

  static func decode(_ block: UnsafePointer<UInt8>, into weights: UnsafeMutablePointer<Float>) {
    let scale = block.half(at: 0)
    let minimum = block.half(at: 2)
    for part in 0..<8 {
      let (code, low) = sixBitPair(part, of: block + 4)
      let step = scale * Float(code)
      let lowest = minimum * Float(low)
      let codes = 16 + 32 * (part / 2)
      for index in 0..<32 {
        weights[32 * part + index] =
          step * Float(block.nibble(codes + index, half: part % 2)) - lowest
      }
    }
  }
}

extension GGUFBlock {
  /// The scale and the minimum `part` of 8 in the 12 bytes that Q4_K and Q5_K have: the first four of
  /// each in the low 6 bits of 8 bytes, the others in the rest.
  @inline(__always)
  static func sixBitPair(
    _ part: Int, of bytes: UnsafePointer<UInt8>
  ) -> (scale: UInt8, minimum: UInt8) {
    if part < 4 { return (bytes[part] & 63, bytes[part + 4] & 63) }
    return (
      bytes[part + 4] & 15 | (bytes[part - 4] >> 6) << 4,
      bytes[part + 4] >> 4 | (bytes[part] >> 6) << 4
    )
  }
}
