// SPDX-License-Identifier: Apache-2.0

import CKernels
import Tensors

/// 8-bit floating-point codes (E4M3), one scale per row in the type of the weights, or in F32.
///
/// `formats/encodings.md`, "fp8".
package struct FP8Rows: FloatGrid {
  package static let name = "fp8"
  package static let codeBits = 8
  package static let blockSize: Int? = nil
  /// The largest number that a code stands for.
  static let largest: Float = 448

  private let scaleType: ElementType?

  /// - Parameter scaleType: F16, BF16 or F32; nil: that of the weights.
  package init(storingScalesAs scaleType: ElementType? = nil) { self.scaleType = scaleType }

  package func scaleType(for weights: ElementType) -> ElementType { scaleType ?? weights }

  package func chooseScales(
    _ numbers: UnsafeMutablePointer<Float>, count: Int, tensorScale: Float, weights: ElementType,
    stored: UnsafeMutableRawPointer
  ) {
    let type = scaleType(for: weights)
    for row in 0..<count {
      let scale = (numbers[row] / Self.largest).rounded(to: type)
      numbers[row] = scale == 0 ? type.epsilon : scale
    }
    let kernels = Kernels.active.table
    switch type {
    case .bf16: kernels.narrow_bf16(numbers, count, stored.assumingMemoryBound(to: UInt16.self))
    case .f16: kernels.narrow_f16(numbers, count, stored.assumingMemoryBound(to: UInt16.self))
    default: stored.copyMemory(from: numbers, byteCount: 4 * count)
    }
  }
}

extension ElementType {
  /// The distance from 1 to the next number, which is the scale of a row of zeros.
  fileprivate var epsilon: Float {
    switch self {
    case .bf16: 0x1p-7
    case .f16: 0x1p-10
    default: .ulpOfOne
    }
  }
}
