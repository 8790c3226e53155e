// SPDX-License-Identifier: Apache-2.0

import CKernels
import Foundation

/// The element-wise arithmetic of a decoder, on rows of fp32; its bounds are in `math_kernels.h`.
///
/// This is the module's only way to the kernels. The table that it points to is constant, so that
/// any thread may use it.
struct VectorMath: @unchecked Sendable {
  private let kernels: UnsafePointer<halftone_math>

  /// Picks the kernels for this processor, or those that `HALFTONE_ISA` names.
  ///
  /// - Throws: ``InferenceError/instructionSetUnavailable(name:)``.
  init() throws {
    guard let kernels = halftone_math_active() else {
      let name = ProcessInfo.processInfo.environment["HALFTONE_ISA"] ?? ""
      throw InferenceError.instructionSetUnavailable(name: name)
    }
    self.kernels = kernels
  }

  /// `out = x / sqrt(mean(x * x) + epsilon) * weight` for each row of `count`; `out` may be `x`.
  func rootMeanSquareNorm(
    _ x: UnsafePointer<Float>, weight: UnsafePointer<Float>, epsilon: Float,
    rows: Int, count: Int, into out: UnsafeMutablePointer<Float>
  ) {
    for row in 0..<rows {
      kernels.pointee.rms_norm(x + row * count, weight, count, epsilon, out + row * count)
    }
  }

  /// Replaces `count` numbers by the softmax of their multiples.
  func softmax(_ x: UnsafeMutablePointer<Float>, count: Int, scale: Float) {
    kernels.pointee.softmax_row(x, count, scale, nil)
  }

  /// Computes `gate = silu(gate) * up`.
  func siluMultiply(
    _ gate: UnsafeMutablePointer<Float>, _ up: UnsafePointer<Float>, count: Int
  ) {
    kernels.pointee.silu_multiply(gate, up, count, gate)
  }

  /// `x += bias` for each row of `count`, rows `stride` apart.
  func add(
    _ bias: UnsafePointer<Float>, to x: UnsafeMutablePointer<Float>, rows: Int, count: Int,
    stride: Int
  ) {
    for row in 0..<rows {
      kernels.pointee.add(x + row * stride, bias, count, x + row * stride)
    }
  }

  /// Rotates the pairs (`x[i]`, `x[i + pairs]`) by the angles whose cosine and sine are given.
  func rotate(
    _ x: UnsafeMutablePointer<Float>, cosine: UnsafePointer<Float>, sine: UnsafePointer<Float>,
    pairs: Int
  ) {
    kernels.pointee.rotate_half(x, cosine, sine, pairs)
  }
}
