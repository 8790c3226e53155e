// SPDX-License-Identifier: Apache-2.0
//
// Where the parts of a family round in a 16-bit type: in the reference implementation (Transformers
// 5.23, eager attention) some operations are one there and several here, or run in fp32. Without
// rounding all cases of a rule compute the same.

/// Which results of a norm without a mean are rounded.
enum NormRounding: Sendable {
  /// The normalized numbers, and their products with the weights.
  case beforeWeight
  /// The products only.
  case afterWeight
}

/// Which results of a projection are rounded.
enum ProjectionRounding: Sendable {
  /// The sum of product and bias.
  case once
  /// The product, and its sum with the bias.
  case each
  /// None.
  case never
}

/// Which results of a rotation are rounded.
enum RotationRounding: Sendable {
  /// Cosines and sines, their products with a head's numbers, and the sums of those.
  case each
  /// The sums only.
  case once
}

/// Which results are rounded on the way from a query and the keys that it sees to their weights, of
/// which the weights always are.
struct ScoreRounding: OptionSet, Sendable {
  var rawValue: Int

  /// The query, after it was scaled instead of its products.
  static let query = ScoreRounding(rawValue: 1)
  static let product = ScoreRounding(rawValue: 2)
  /// The scaled product.
  static let scaled = ScoreRounding(rawValue: 4)
  /// The bias of the key's position, and its sum with the scaled product.
  static let biased = ScoreRounding(rawValue: 8)
}
