// SPDX-License-Identifier: Apache-2.0

import CKernels

/// OCP's microscaling format: 4-bit floating-point codes with a power of two as their scale.
enum MXFP4: GGUFBlock {
  static let name = "mxfp4"
  static let id: UInt32 = 39
  static let weightCount = 32
  static let byteCount = 1 + 16

  static func encoder(in kernels: halftone_block_encoders) -> GGUFEncoderKernel? {
    kernels.mxfp4
  }

  /// E2M1's values times two, which are whole; the scale is halved for it. Code 8 is plain zero.
  static let codebook: [Float] = [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12]

  static func decode(_ block: UnsafePointer<UInt8>, into weights: UnsafeMutablePointer<Float>) {
    decode(block, count: 1, into: weights)
  }

  static func decode(
    _ blocks: UnsafePointer<UInt8>, count: Int, into weights: UnsafeMutablePointer<Float>
  ) {
    codebook.withUnsafeBufferPointer { codebook in
      for number in 0..<count {
        let block = blocks + number * byteCount
        let scale = halvedPower(block[0])
        for half in 0..<2 {
          for index in 0..<16 {
            weights[32 * number + 16 * half + index] =
              scale * codebook[Int(block.nibble(1 + index, half: half))]
          }
        }
      }
    }
  }

  /// 2^(code − 128); the least two are subnormal. Code 255, which OCP calls NaN, is a power too, as in
  /// the format's reference implementation.
  @inline(__always)
  private static func halvedPower(_ code: UInt8) -> Float {
    Float(bitPattern: code < 2 ? 0x20_0000 << UInt32(code) : UInt32(code - 1) << 23)
  }
}
