// SPDX-License-Identifier: Apache-2.0

/// How a row of numbers is normalized.
enum Norm: Sendable {
  /// `x / sqrt(mean(x * x) + epsilon) * weight`
  case rootMeanSquare(weight: TensorReference, epsilon: Float, rounding: NormRounding)
  /// `(x - mean(x)) / sqrt(variance(x) + epsilon) * weight + bias`, where an absent weight is 1 and
  /// an absent bias 0.
  case layer(weight: TensorReference?, bias: TensorReference?, epsilon: Float)
}
