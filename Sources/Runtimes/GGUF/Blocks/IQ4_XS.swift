// SPDX-License-Identifier: Apache-2.0

import CKernels

/// Codes as in ``IQ4_NL``; every 32 share a signed 6-bit scale.
enum IQ4_XS: GGUFBlock {
  static let name = "iq4_xs"
  static let id: UInt32 = 23
  static let weightCount = 256
  static let byteCount = 2 + 2 + 4 + 128

  static func encoder(in kernels: halftone_block_encoders) -> GGUFEncoderKernel? {
    kernels.iq4_xs
  }

  static func decode(_ block: UnsafePointer<UInt8>, into weights: UnsafeMutablePointer<Float>) {
    decode(block, count: 1, into: weights)
  }

  static func decode(
    _ blocks: UnsafePointer<UInt8>, count: Int, into weights: UnsafeMutablePointer<Float>
  ) {
    IQ4_NL.codebook.withUnsafeBufferPointer { codebook in
      for number in 0..<count {
        let block = blocks + number * byteCount
        let scale = block.half(at: 0)
        for part in 0..<8 {
          let low = block.nibble(4 + part / 2, half: part % 2)
          let step = scale * Float((low | block.pair(2 + part / 4, part: part % 4) << 4) - 32)
          let codes = 8 + 16 * part
          let first = 256 * number + 32 * part
          for half in 0..<2 {
            for index in 0..<16 {
              weights[first + 16 * half + index] =
                step * codebook[Int(block.nibble(codes + index, half: half))]
            }
          }
        }
      }
    }
  }
}
