// SPDX-License-Identifier: Apache-2.0

/// 4-bit floating-point codes; every 16 share an unsigned 8-bit floating-point scale.
///
/// The scale of the whole tensor that the format can have is a tensor of its own.
enum NVFP4: GGUFBlock {
  static let name = "nvfp4"
  static let id: UInt32 = 40
  static let weightCount = 64
  static let byteCount = 4 + 32

  static func decode(_ block: UnsafePointer<UInt8>, into weights: UnsafeMutablePointer<Float>) {
    decode(block, count: 1, into: weights)
  }

  static func decode(
    _ blocks: UnsafePointer<UInt8>, count: Int, into weights: UnsafeMutablePointer<Float>
  ) {
    MXFP4.codebook.withUnsafeBufferPointer { codebook in
      for number in 0..<count {
        let block = blocks + number * byteCount
        for part in 0..<4 {
          let scale = halvedScale(block[part])
          let first = 64 * number + 16 * part
          for half in 0..<2 {
            for index in 0..<8 {
              weights[first + 8 * half + index] =
                scale * codebook[Int(block.nibble(4 + 8 * part + index, half: half))]
            }
          }
        }
      }
    }
  }

  /// Half of an E4M3 number without its sign; the code of NaN is zero.
  @inline(__always)
  private static func halvedScale(_ code: UInt8) -> Float {
    guard code != 0x7F else { return 0 }
    let exponent = UInt32(code >> 3 & 15)
    let fraction = UInt32(code & 7)
    // 2^-10 is half of the least subnormal number's 2^-9; 119 moves the bias from 7 to 127 less one.
    return exponent == 0
      ? Float(fraction) * 0x1p-10 : Float(bitPattern: (exponent + 119) << 23 | fraction << 20)
  }
}
