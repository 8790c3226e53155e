// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The element-wise arithmetic of a decoder, on rows of fp32.
enum VectorMath {
  /// `out = x / sqrt(mean(x * x) + epsilon) * weight` for each row of `count`; `out` may be `x`.
  static func rootMeanSquareNorm(
    _ x: UnsafePointer<Float>, weight: UnsafePointer<Float>, epsilon: Float,
    rows: Int, count: Int, into out: UnsafeMutablePointer<Float>
  ) {
    for row in 0..<rows {
      let input = x + row * count
      let output = out + row * count
      var sum: Float = 0
      for i in 0..<count { sum += input[i] * input[i] }
      let factor = 1 / (sum / Float(count) + epsilon).squareRoot()
      for i in 0..<count { output[i] = input[i] * factor * weight[i] }
    }
  }

  /// Replaces `count` numbers by their softmax.
  static func softmax(_ x: UnsafeMutablePointer<Float>, count: Int) {
    var largest = -Float.infinity
    for i in 0..<count { largest = max(largest, x[i]) }
    var sum: Float = 0
    for i in 0..<count {
      let value = exp(x[i] - largest)
      x[i] = value
      sum += value
    }
    let factor = 1 / sum
    for i in 0..<count { x[i] *= factor }
  }

  /// Computes `gate = silu(gate) * up`.
  static func siluMultiply(
    _ gate: UnsafeMutablePointer<Float>, _ up: UnsafePointer<Float>, count: Int
  ) {
    for i in 0..<count { gate[i] = gate[i] / (1 + exp(-gate[i])) * up[i] }
  }

  /// `x += bias` for each row of `count`, rows `stride` apart.
  static func add(
    _ bias: UnsafePointer<Float>, to x: UnsafeMutablePointer<Float>, rows: Int, count: Int,
    stride: Int
  ) {
    for row in 0..<rows {
      for i in 0..<count { x[row * stride + i] += bias[i] }
    }
  }

  /// Rotates the pairs (`x[i]`, `x[i + pairs]`) by the angles whose cosine and sine are given.
  static func rotate(
    _ x: UnsafeMutablePointer<Float>, cosine: UnsafePointer<Float>, sine: UnsafePointer<Float>,
    pairs: Int
  ) {
    for i in 0..<pairs {
      let first = x[i]
      let second = x[i + pairs]
      x[i] = first * cosine[i] - second * sine[i]
      x[i + pairs] = second * cosine[i] + first * sine[i]
    }
  }
}
