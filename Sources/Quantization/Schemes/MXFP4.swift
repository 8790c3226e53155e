// SPDX-License-Identifier: Apache-2.0

import Tensors

/// 4-bit floating-point codes (E2M1) with a power of two as the scale of every 32: OCP's microscaling.
///
/// `formats/encodings.md`, "mxfp4".
package struct MXFP4: FloatGrid {
  package static let name = "mxfp4"
  package static let codeBits = 4
  package static let blockSize: Int? = 32

  package init() {}

  package func scaleType(for weights: ElementType) -> ElementType { .f8e8m0 }

  package func chooseScales(
    _ numbers: UnsafeMutablePointer<Float>, count: Int, tensorScale: Float, weights: ElementType,
    stored: UnsafeMutableRawPointer
  ) {
    let codes = stored.assumingMemoryBound(to: UInt8.self)
    for block in 0..<count {
      let code = Self.scaleCode(of: numbers[block])
      codes[block] = code
      // 2^(code - 127); the least is subnormal.
      numbers[block] = Float(bitPattern: code == 0 ? 0x40_0000 : UInt32(code) << 23)
    }
  }

  /// The exponent's code: that of the largest magnitude less 2, E2M1's largest exponent, and one more
  /// from a significand of 1.75 on, which would become 7 and be cut to 6.
  private static func scaleCode(of maximum: Float) -> UInt8 {
    let exponent = (maximum.bitPattern + 1 << 21) >> 23
    return UInt8(max(exponent, 2) - 2)
  }
}
