// SPDX-License-Identifier: Apache-2.0

/// A family's kind of norm, from which each norm follows by its name and size.
enum NormStyle {
  /// The stored weight lies `offset` below the factor.
  case rootMeanSquare(epsilon: Double, offset: Float = 0, rounding: NormRounding = .beforeWeight)
  case layer(epsilon: Double, weight: Bool = true, bias: Bool = true)

  /// The norm of a module: `name.weight` and, where the kind has one, `name.bias`.
  func norm(_ name: String, size: Int) -> Norm {
    var weight = TensorReference(name: "\(name).weight", shape: [size])
    switch self {
    case .rootMeanSquare(let epsilon, let offset, let rounding):
      weight.offset = offset
      return .rootMeanSquare(weight: weight, epsilon: Float(epsilon), rounding: rounding)
    case .layer(let epsilon, let hasWeight, let hasBias):
      return .layer(
        weight: hasWeight ? weight : nil,
        bias: hasBias ? TensorReference(name: "\(name).bias", shape: [size]) : nil,
        epsilon: Float(epsilon))
    }
  }
}
