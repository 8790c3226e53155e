// SPDX-License-Identifier: Apache-2.0

import Foundation
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

  /// The exponent's code: the logarithm of the largest magnitude over 6, rounded to nearest even; each
  /// operation in the type of the weights, as MLX computes on a CPU.
  private static func scaleCode(of maximum: Float, weights: ElementType) -> UInt8 {
    let goal = (maximum / 6).rounded(to: weights)
    if goal == 0 { return 127 }
    let exponent = Float(log2(Double(goal))).rounded(to: weights).rounded(.toNearestOrEven)
    return UInt8(min(max(exponent + 127, 0), 254))
  }
}
