// SPDX-License-Identifier: Apache-2.0

import Tensors

/// The numbers of ``MXFP4`` with the scales and codes that `mx.quantize` chooses.
///
/// It has another rule than OCP's for both. `formats/encodings.md`, "mxfp4-mlx".
package struct MXFP4MLX: FloatGrid {
  package static let name = "mxfp4-mlx"
  package static let codeBits = 4
  package static let blockSize: Int? = 32
  package static let tiesGoToZero = true

  package init() {}

  package func scaleType(for weights: ElementType) -> ElementType { .f8e8m0 }

  package func chooseScales(
    _ numbers: UnsafeMutablePointer<Float>, count: Int, tensorScale: Float, weights: ElementType,
    stored: UnsafeMutableRawPointer
  ) {
    let codes = stored.assumingMemoryBound(to: UInt8.self)
    for block in 0..<count {
      let code = Self.scaleCode(of: numbers[block], weights: weights)
      codes[block] = code
      // 2^(code - 127); the least is subnormal.
      numbers[block] = Float(bitPattern: code == 0 ? 0x40_0000 : UInt32(code) << 23)
    }
  }

  /// The exponent's code: the least power of two that brings the largest magnitude to 6 or below, which
  /// is divided by 6 in the type of the weights, as MLX does on a CPU. A block of zeros has 2^0.
  ///
  /// Where the exponent would be below the least, MLX's code wraps around; ours is the least.
  private static func scaleCode(of maximum: Float, weights: ElementType) -> UInt8 {
    let goal = (maximum / 6).rounded(to: weights)
    if goal == 0 { return 127 }
    return UInt8(max(Int(goal.exponent) + (goal.significand == 1 ? 0 : 1) + 127, 0))
  }
}
