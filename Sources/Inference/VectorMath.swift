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

  // MARK: - Norms

  /// `out = x / sqrt(mean(x * x) + epsilon) * weight` for rows of `count`, `stride` apart; `out`
  /// may be `x`.
  func rootMeanSquareNorm(
    _ x: UnsafePointer<Float>, weight: UnsafePointer<Float>, epsilon: Float,
    rows: Int, count: Int, stride: Int, into out: UnsafeMutablePointer<Float>
  ) {
    for row in 0..<rows {
      kernels.pointee.rms_norm(x + row * stride, weight, count, epsilon, out + row * stride)
    }
  }

  /// `out = (x - mean(x)) / sqrt(variance(x) + epsilon) * weight + bias`, likewise; an absent
  /// weight is 1, an absent bias 0.
  func layerNorm(
    _ x: UnsafePointer<Float>, weight: UnsafePointer<Float>?, bias: UnsafePointer<Float>?,
    epsilon: Float, rows: Int, count: Int, stride: Int, into out: UnsafeMutablePointer<Float>
  ) {
    for row in 0..<rows {
      kernels.pointee.layer_norm(
        x + row * stride, weight, bias, count, epsilon, out + row * stride)
    }
  }

  // MARK: - Attention

  /// Replaces `count` numbers by the softmax of their multiples, of which a logit `sink` that isn't
  /// one of them takes its share.
  func softmax(
    _ x: UnsafeMutablePointer<Float>, count: Int, scale: Float, sink: Float = -.infinity
  ) {
    kernels.pointee.softmax_row(x, count, scale, sink, nil)
  }

  /// Replaces `count` numbers by `cap * tanh(scale * x / cap)`.
  func softCap(_ x: UnsafeMutablePointer<Float>, count: Int, scale: Float, cap: Float) {
    kernels.pointee.soft_cap(x, count, scale, cap, x)
  }

  /// Limits `count` numbers to `-limit ... limit`.
  func clamp(_ x: UnsafeMutablePointer<Float>, count: Int, limit: Float) {
    kernels.pointee.clamp(x, count, limit, x)
  }

  /// Rotates the pairs (`x[i]`, `x[i + pairs]`) by the angles whose cosine and sine are given.
  func rotate(
    _ x: UnsafeMutablePointer<Float>, cosine: UnsafePointer<Float>, sine: UnsafePointer<Float>,
    pairs: Int
  ) {
    kernels.pointee.rotate_half(x, cosine, sine, pairs)
  }

  /// The dot products of `x` with `count` rows of as many numbers.
  func multiply(
    _ x: UnsafePointer<Float>, transposed rows: BLAS.Matrix, count: Int, size: Int,
    into out: UnsafeMutablePointer<Float>
  ) {
    for row in 0..<count {
      out[row] = kernels.pointee.dot(x, rows.start + row * rows.stride, size)
    }
  }

  /// `sum += x * rows`, where `x` has a factor for each of `count` rows.
  func add(
    _ x: UnsafePointer<Float>, times rows: BLAS.Matrix, count: Int, size: Int,
    to sum: UnsafeMutablePointer<Float>
  ) {
    for row in 0..<count {
      kernels.pointee.scale_add(rows.start + row * rows.stride, sum, size, x[row], sum)
    }
  }

  // MARK: - Feed-forward

  /// Replaces `count` numbers by their activation.
  func activate(_ activation: Activation, _ x: UnsafeMutablePointer<Float>, count: Int) {
    switch activation {
    case .silu: kernels.pointee.silu(x, count, x)
    case .gelu: kernels.pointee.gelu_erf(x, count, x)
    case .geluTanh: kernels.pointee.gelu_tanh(x, count, x)
    case .relu: kernels.pointee.relu(x, count, x)
    }
  }

  /// Replaces `count` numbers of `gate` by what the gate lets through.
  func combine(
    _ gating: Gating, _ gate: UnsafeMutablePointer<Float>, _ up: UnsafePointer<Float>, count: Int
  ) {
    switch gating {
    case .product(.silu):
      kernels.pointee.silu_multiply(gate, up, count, gate)
    case .product(let activation):
      activate(activation, gate, count: count)
      kernels.pointee.multiply(gate, up, count, gate)
    case .clamped(let slope, let limit):
      kernels.pointee.clamped_swiglu(gate, up, count, slope, limit, gate)
    }
  }

  /// Replaces `count` numbers by `1 / (1 + exp(-x))`.
  func sigmoid(_ x: UnsafeMutablePointer<Float>, count: Int) {
    kernels.pointee.sigmoid(x, count, x)
  }

  /// The place of the largest number, the first of equals; see `math_kernels.h` for NaN.
  func largest(_ x: UnsafePointer<Float>, count: Int) -> Int {
    kernels.pointee.argmax(x, count)
  }

  // MARK: - Sums

  /// `x += bias` for each row of `count`, rows `stride` apart.
  func add(
    _ bias: UnsafePointer<Float>, to x: UnsafeMutablePointer<Float>, rows: Int, count: Int,
    stride: Int
  ) {
    for row in 0..<rows {
      kernels.pointee.add(x + row * stride, bias, count, x + row * stride)
    }
  }

  /// `sum += factor * x`, `count` numbers.
  func add(
    _ x: UnsafePointer<Float>, times factor: Float, to sum: UnsafeMutablePointer<Float>,
    count: Int
  ) {
    kernels.pointee.scale_add(x, sum, count, factor, sum)
  }

  /// `x = factor * x + bias`, `count` numbers.
  func scale(
    _ x: UnsafeMutablePointer<Float>, by factor: Float, adding bias: UnsafePointer<Float>,
    count: Int
  ) {
    kernels.pointee.scale_add(x, bias, count, factor, x)
  }

  /// `x = factor * x`, `count` numbers.
  func scale(_ x: UnsafeMutablePointer<Float>, by factor: Float, count: Int) {
    kernels.pointee.scale(x, count, factor, x)
  }
}
