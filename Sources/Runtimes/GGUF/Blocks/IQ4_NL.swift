// SPDX-License-Identifier: Apache-2.0

import CKernels

/// 4-bit codes into a fixed codebook of unequal steps, with a scale.
enum IQ4_NL: GGUFBlock {
  static let name = "iq4_nl"
  static let id: UInt32 = 20
  static let weightCount = 32
  static let byteCount = 2 + 16

  static func encoder(in kernels: halftone_block_encoders) -> GGUFEncoderKernel? {
    kernels.iq4_nl
  }

  /// The codebook, which IQ4_XS has too; from the format's reference implementation.
  static let codebook: [Float] = [
    -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113,
  ]

  static func decode(_ block: UnsafePointer<UInt8>, into weights: UnsafeMutablePointer<Float>) {
    decode(block, count: 1, into: weights)
  }

  static func decode(
    _ blocks: UnsafePointer<UInt8>, count: Int, into weights: UnsafeMutablePointer<Float>
  ) {
    codebook.withUnsafeBufferPointer { codebook in
      for number in 0..<count {
        let block = blocks + number * byteCount
        let scale = block.half(at: 0)
        for half in 0..<2 {
          for index in 0..<16 {
            weights[32 * number + 16 * half + index] =
              scale * codebook[Int(block.nibble(2 + index, half: half))]
          }
        }
      }
    }
  }
}
