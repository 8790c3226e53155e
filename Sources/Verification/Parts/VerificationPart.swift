// SPDX-License-Identifier: Apache-2.0

/// One part of a divided verification, as `verify --part` prints it: what its own windows say, and
/// everything that ``MergedVerification`` needs.
package struct VerificationPart: Sendable {
  package var record: WindowRecord<WindowComparison>
  package var limits: LimitSet
  /// The worst position's tokens in words, for reports made where the tokenizer is not.
  package var words: [Phrase]

  /// Some ids, decoded.
  package struct Phrase: Sendable, Equatable, Codable {
    package var ids: [Int32]
    package var text: String
  }

  /// - Parameter record: has all windows of its part.
  package init(
    _ record: WindowRecord<WindowComparison>, limits: LimitSet, decode: ([Int32]) -> String
  ) {
    self.record = record
    self.limits = limits
    let worst = Divergence(record.windows).worst
    words = (worst.map { [$0.context, [$0.token], [$0.originalTop], [$0.candidateTop]] } ?? [])
      .map { Phrase(ids: $0, text: decode($0)) }
  }

  /// What the part's own windows say.
  package var verification: Verification { Verification(record, limits: limits) }
}

extension Verification {
  /// Sums up the windows of a record, of which there must be at least one.
  init(_ record: WindowRecord<WindowComparison>, limits: LimitSet) {
    self.init(
      FinishedWindows(record),
      options: VerificationOptions(
        perplexity: PerplexityOptions(
          scoring: record.run.scoring, context: record.run.context, compute: record.run.compute,
          originalCompute: record.run.originalCompute),
        limits: limits))
  }
}

extension VerificationPart: Codable {
  enum CodingKeys: String, CodingKey {
    case record = "measured"
    case limits, words
  }

  package func encode(to encoder: any Encoder) throws {
    try verification.encode(to: encoder)
    var keys = encoder.container(keyedBy: CodingKeys.self)
    try keys.encode(record, forKey: .record)
    try keys.encode(words, forKey: .words)
  }
}
