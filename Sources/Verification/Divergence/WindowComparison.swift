// SPDX-License-Identifier: Apache-2.0

/// What one window says about a candidate, summed so that windows can be put together later.
///
/// It's a plain value: windows measured at different times or places make one verification.
package struct WindowComparison: Sendable, Equatable, Codable {
  /// The window's place in the text.
  package var index: Int
  /// How many positions were scored.
  package var count: Int
  /// Sum over positions of the original's negative log-likelihood, in nats.
  package var originalNLL = 0.0
  /// The same of the candidate.
  package var candidateNLL = 0.0
  /// Sum of the differences, candidate − original, position by position.
  package var nllDifference = 0.0
  /// KL(original ‖ candidate) of each scored position in order, in nats.
  package var divergences: [Double] = []
  /// At how many positions both models rank the same token first.
  package var agreements = 0
  /// Sum of (q − p)² over the probabilities of the true token.
  package var squaredProbabilityChange = 0.0
  /// Where the divergence is largest; the first such position.
  package var worst: WorstPosition?
  /// Energy and error of the hidden states: entering the first layer, then leaving each layer.
  ///
  /// Empty where the two models' layers do not correspond.
  package var layers: [Energy] = []

  package init(index: Int, count: Int) {
    self.index = index
    self.count = count
    divergences.reserveCapacity(count)
  }

  /// Adds the next scored position of `window`.
  mutating func add(_ score: PositionScore, at position: Int, of window: Window) {
    originalNLL += score.originalNLL
    candidateNLL += score.candidateNLL
    nllDifference += score.candidateNLL - score.originalNLL
    divergences.append(score.divergence)
    agreements += score.originalTop == score.candidateTop ? 1 : 0
    squaredProbabilityChange += score.probabilityChange * score.probabilityChange
    if score.divergence > worst?.divergence ?? -1 {
      worst = WorstPosition(score, at: position, of: window)
    }
  }
}

/// What one position says.
struct PositionScore: Sendable {
  var originalNLL: Double
  var candidateNLL: Double
  /// KL(original ‖ candidate), nats.
  var divergence: Double
  var originalTop: Int32
  var candidateTop: Int32
  /// The candidate's probability of the true token less the original's.
  var probabilityChange: Double
}
