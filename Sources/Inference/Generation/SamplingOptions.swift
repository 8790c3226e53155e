// SPDX-License-Identifier: Apache-2.0

/// How the next token is chosen from the logits.
package struct SamplingOptions: Sendable, Equatable, Codable {
  /// What logits are divided by; 0 always chooses the largest.
  package let temperature: Double
  /// How many of the most likely tokens may be chosen; nil for all.
  package let topK: Int?
  /// Only the fewest most likely tokens whose probabilities sum up to this may be chosen; 1 for all.
  package let topP: Double
  /// What logits of tokens that the text has already are divided by where they are above 0, and
  /// multiplied with where they are below ("CTRL", 2019); 1 for nothing.
  package let repetitionPenalty: Double
  /// Determines every choice.
  package let seed: UInt64

  /// Always the most likely token.
  package static let greedy = SamplingOptions()

  private init() {
    temperature = 0
    topK = nil
    topP = 1
    repetitionPenalty = 1
    seed = 0
  }

  /// - Throws: ``InferenceError/invalidSampling(option:expected:found:)``
  package init(
    temperature: Double, topK: Int? = nil, topP: Double = 1, repetitionPenalty: Double = 1,
    seed: UInt64 = 0
  ) throws(InferenceError) {
    func require(
      _ holds: Bool, _ option: String, _ expected: String, _ found: some CustomStringConvertible
    ) throws(InferenceError) {
      guard holds else {
        throw .invalidSampling(option: option, expected: expected, found: "\(found)")
      }
    }
    try require(
      temperature >= 0 && temperature.isFinite, "temperature", "a number from 0", temperature)
    try require(topK ?? 1 >= 1, "top-k", "a number from 1", topK ?? 0)
    try require(topP > 0 && topP <= 1, "top-p", "a number above 0 and at most 1", topP)
    try require(
      repetitionPenalty > 0 && repetitionPenalty.isFinite, "repetition-penalty",
      "a number above 0", repetitionPenalty)
    self.temperature = temperature
    self.topK = topK
    self.topP = topP
    self.repetitionPenalty = repetitionPenalty
    self.seed = seed
  }

  private enum CodingKeys: String, CodingKey {
    case temperature
    case topK = "top_k"
    case topP = "top_p"
    case repetitionPenalty = "repetition_penalty"
    case seed
  }
}
