// SPDX-License-Identifier: Apache-2.0

import CKernels

/// 5-bit codes with a scale and a minimum: `d × code + m`; the fifth bits are together.
enum Q5_1: GGUFBlock {
  static let name = "q5_1"
  static let id: UInt32 = 7
  static let weightCount = 32
  static let byteCount = 2 + 2 + 4 + 16

  static func encoder(in kernels: halftone_block_encoders) -> GGUFEncoderKernel? {
    kernels.q5_1
  }

  static func decode(_ block: UnsafePointer<UInt8>, into weights: UnsafeMutablePointer<Float>) {
    let scale = block.half(at: 0)
    let minimum = block.half(at: 2)
    let high = block.word(at: 4)
    for half in 0..<2 {
      for index in 0..<16 {
        let place = 16 * half + index
        let code = block.nibble(8 + index, half: half) | Int32(high >> UInt32(place) & 1) << 4
        weights[place] = scale * Float(code) + minimum
      }
    }
  }
}
