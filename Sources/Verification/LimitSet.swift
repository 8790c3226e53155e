// SPDX-License-Identifier: Apache-2.0

/// What a candidate may lose and still pass.
package struct LimitSet: Sendable, Equatable, Codable {
  /// The allowed relative increase of perplexity, where 0.01 lets it grow by 1 %; nil sets no limit.
  package var perplexity: Double?
  /// The allowed mean KL divergence in nats; nil sets no limit.
  package var divergence: Double?

  enum CodingKeys: String, CodingKey {
    case perplexity
    case divergence = "kl_divergence"
  }

  package init(perplexity: Double? = nil, divergence: Double? = nil) {
    self.perplexity = perplexity
    self.divergence = divergence
  }

  /// True where the estimates themselves lie within the limits; their uncertainty neither helps nor
  /// hurts, so that the answer does not turn with the length of the text.
  func allow(ratio: Double, divergence mean: Double) -> Bool {
    ratio - 1 <= perplexity ?? .infinity && mean <= divergence ?? .infinity
  }

  package func encode(to encoder: any Encoder) throws {
    var keys = encoder.container(keyedBy: CodingKeys.self)
    try keys.encode(perplexity, forKey: .perplexity)
    try keys.encode(divergence, forKey: .divergence)
  }
}
