// SPDX-License-Identifier: Apache-2.0

import CKernels

/// 5-bit codes around 16, with a scale: `d × (code − 16)`; the fifth bits are together.
enum Q5_0: GGUFBlock {
  static let name = "q5_0"
  static let id: UInt32 = 6
  static let weightCount = 32
  static let byteCount = 2 + 4 + 16

  static func encoder(in kernels: halftone_block_encoders) -> GGUFEncoderKernel? {
    kernels.q5_0
  }

  static func decode(_ block: UnsafePointer<UInt8>, into weights: UnsafeMutablePointer<Float>) {
    let scale = block.half(at: 0)
    let high = block.word(at: 2)
    for half in 0..<2 {
      for index in 0..<16 {
        let place = 16 * half + index
        let code = block.nibble(6 + index, half: half) | Int32(high >> UInt32(place) & 1) << 4
        weights[place] = scale * Float(code - 16)
      }
    }
  }
}

extension UnsafePointer<UInt8> {
  /// The 32-bit number at a byte, little-endian.
  @inline(__always)
  func word(at offset: Int) -> UInt32 {
    UInt32(
      littleEndian: UnsafeRawPointer(self).loadUnaligned(
        fromByteOffset: offset, as: UInt32.self))
  }
}
