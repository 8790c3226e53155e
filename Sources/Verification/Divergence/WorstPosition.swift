// SPDX-License-Identifier: Apache-2.0

/// The position where the candidate strays furthest from the original.
package struct WorstPosition: Sendable, Equatable, Codable {
  /// How many tokens of context are kept.
  package static let contextCount = 48

  /// The window's place in the text, from 0.
  package var window: Int
  /// The place of the predicted token in its window.
  package var position: Int
  /// KL(original ‖ candidate) there, in nats.
  package var divergence: Double
  /// The last ids before the predicted token, at most ``contextCount``.
  package var context: [Int32]
  /// The token that the text goes on with.
  package var token: Int32
  /// The token that the original finds most probable.
  package var originalTop: Int32
  /// The token that the candidate finds most probable.
  package var candidateTop: Int32
  /// The text's token's negative log-likelihood in the original, in nats.
  package var originalNLL: Double
  /// The same in the candidate.
  package var candidateNLL: Double

  enum CodingKeys: String, CodingKey {
    case window, position, context, token
    case divergence = "kl_divergence"
    case originalTop = "original_top"
    case candidateTop = "candidate_top"
    case originalNLL = "original_nll"
    case candidateNLL = "candidate_nll"
  }

  init(_ score: PositionScore, at position: Int, of window: Window) {
    self.window = window.index
    self.position = position
    divergence = score.divergence
    context = Array(window.tokens[max(0, position - Self.contextCount)..<position])
    token = window.tokens[position]
    originalTop = score.originalTop
    candidateTop = score.candidateTop
    originalNLL = score.originalNLL
    candidateNLL = score.candidateNLL
  }
}
