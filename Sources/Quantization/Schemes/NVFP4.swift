// SPDX-License-Identifier: Apache-2.0

import Tensors

/// 4-bit floating-point codes (E2M1), an 8-bit floating-point scale (E4M3) for every 16, and a scale of
/// the whole tensor.
///
/// `formats/encodings.md`, "nvfp4".
package struct NVFP4: FloatGrid {
  package static let name = "nvfp4"
  package static let codeBits = 4
  package static let blockSize: Int? = 16
  package static let hasTensorScale = true

  /// Which way round the tensor's number is.
  package enum TensorScale: Sendable {
    /// Scales are multiplied by it, as ModelOpt has it.
    case factor
    /// Scales are divided by it, as compressed-tensors has it.
    case divisor
  }

  /// The largest number that a code stands for.
  static let largest: Float = 6

  private let form: TensorScale

  package let sharedMaximum: (@Sendable () throws -> Float)?

  /// - Parameter maximum: gives the largest magnitude of several tensors that get one number; nil: the
  ///   tensor's own.
  package init(
    _ form: TensorScale = .factor, maximum: (@Sendable () throws -> Float)? = nil
  ) {
    self.form = form
    sharedMaximum = maximum
  }

  package func scaleType(for weights: ElementType) -> ElementType { .f8e4m3 }

  package func operand(scales: Int, tensorScale: Int?) -> Encoding {
    Encoding(
      component: scales,
      steps: tensorScale.map {
        [.init(form == .factor ? .multiply : .divide, Encoding(component: $0))]
      })
  }

  package func tensorScale(of maximum: Float, weights: ElementType) -> Float {
    // Below this, scales of the least E4M3 number would no longer be normal.
    let maximum = max(maximum, Self.leastMaximum)
    switch form {
    case .factor: return maximum / (Self.largest * FP8Rows.largest)
    case .divisor:
      // A reciprocal and a product, each rounded, as torch divides a number by a tensor.
      let type = weights == .bf16 ? weights : .f32
      return ((1 / maximum).rounded(to: type) * (Self.largest * FP8Rows.largest)).rounded(to: type)
    }
  }

  private static let leastMaximum: Float = 0x1p-100

  package func chooseScales(
    _ numbers: UnsafeMutablePointer<Float>, count: Int, tensorScale: Float, weights: ElementType,
    stored: UnsafeMutableRawPointer
  ) {
    for block in 0..<count {
      switch form {
      case .factor:
        let scale = numbers[block] / (Self.largest * tensorScale)
        numbers[block] = scale == 0 ? 1 : min(max(scale, 0x1p-9), FP8Rows.largest)
      case .divisor:
        let scale = (numbers[block] / Self.largest).rounded(to: weights) * tensorScale
        // Half of the least number and less would become 0; an eighth stands for that.
        numbers[block] = scale <= 0x1p-10 ? 0.125 : scale
      }
    }
    numbers.storeE4M3(count, into: stored)
    for block in 0..<count {
      if form == .factor { numbers[block] *= tensorScale } else { numbers[block] /= tensorScale }
    }
  }
}
