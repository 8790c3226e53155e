// SPDX-License-Identifier: Apache-2.0

/// Feed-forward parts of which each position uses a few.
struct Experts: Sendable {
  var router: Router
  /// One for each of the router's outputs.
  var experts: [FeedForward]
  /// What every position uses beside the chosen ones, with weight 1.
  var shared: FeedForward?
}

/// How a position chooses its experts and their weights.
struct Router: Sendable {
  /// To one logit for each expert.
  var projection: Projection
  var scores: Scores
  /// What is added to an expert's score for the choice, but not for its weight.
  var correction: TensorReference?
  var groups: ExpertGroups?
  /// How many experts a position uses; at most as many as the kept groups have.
  var chosenCount: Int
  /// Whether the weights of the chosen experts are divided by their sum.
  var normalizes: Bool
  /// What the weights are multiplied with in the end.
  var scale: Float = 1
  /// Whether the weights are rounded as activations are.
  var roundsWeights = false

  /// What makes a logit an expert's score.
  enum Scores: Sendable {
    /// Over all experts.
    case softmax
    /// Of each alone.
    case sigmoid
  }
}

/// A choice among neighbouring experts only: groups are ranked by the sum of their two best scores,
/// and the experts of all but the first `kept` are left out.
struct ExpertGroups: Sendable {
  /// Divides the number of experts into groups of at least 2.
  var count: Int
  var kept: Int
}
