// SPDX-License-Identifier: Apache-2.0

import CKernels

/// 4-bit codes around 8, with a scale: `d × (code − 8)`.
enum Q4_0: GGUFBlock {
  static let name = "q4_0"
  static let id: UInt32 = 2
  static let weightCount = 32
  static let byteCount = 2 + 16

  static func encoder(in kernels: halftone_block_encoders) -> GGUFEncoderKernel? {
    kernels.q4_0
  }

  static func quantizer(in kernels: halftone_block_encoders) -> GGUFQuantizerKernel? {
    kernels.quantize_q4_0_bf16
  }

  static func decode(_ block: UnsafePointer<UInt8>, into weights: UnsafeMutablePointer<Float>) {
    let scale = block.half(at: 0)
    for half in 0..<2 {
      for index in 0..<16 {
        weights[16 * half + index] = scale * Float(block.nibble(2 + index, half: half) - 8)
      }
    }
  }
}
