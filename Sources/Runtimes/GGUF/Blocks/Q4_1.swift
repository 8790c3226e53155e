// SPDX-License-Identifier: Apache-2.0

import CKernels

/// 4-bit codes with a scale and a minimum: `d × code + m`.
enum Q4_1: GGUFBlock {
  static let name = "q4_1"
  static let id: UInt32 = 3
  static let weightCount = 32
  static let byteCount = 2 + 2 + 16

  static func encoder(in kernels: halftone_block_encoders) -> GGUFEncoderKernel? {
    kernels.q4_1
  }

  static func decode(_ block: UnsafePointer<UInt8>, into weights: UnsafeMutablePointer<Float>) {
    let scale = block.half(at: 0)
    let minimum = block.half(at: 2)
    for half in 0..<2 {
      for index in 0..<16 {
        weights[16 * half + index] = scale * Float(block.nibble(4 + index, half: half)) + minimum
      }
    }
  }
}
