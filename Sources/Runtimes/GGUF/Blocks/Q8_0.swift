// SPDX-License-Identifier: Apache-2.0

import CKernels

/// Signed bytes with a scale: `d × code`.
enum Q8_0: GGUFBlock {
  static let name = "q8_0"
  static let id: UInt32 = 8
  static let weightCount = 32
  static let byteCount = 2 + 32

  static func encoder(in kernels: halftone_block_encoders) -> GGUFEncoderKernel? {
    kernels.q8_0
  }

  static func quantizer(in kernels: halftone_block_encoders) -> GGUFQuantizerKernel? {
    kernels.quantize_q8_0_bf16
  }

  static func decode(_ block: UnsafePointer<UInt8>, into weights: UnsafeMutablePointer<Float>) {
    let scale = block.half(at: 0)
    for index in 0..<32 {
      weights[index] = Float(Int8(bitPattern: block[2 + index])) * scale
    }
  }
}
