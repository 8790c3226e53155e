// SPDX-License-Identifier: Apache-2.0

/// A run of tokens that a model sees alone, from position 0.
package struct Window: Sendable, Equatable {
  /// Its place among the windows of the text, from 0.
  package var index: Int
  /// What the model sees; the first token may be the protocol's, all others are the text's.
  package var tokens: [Int32]
  /// The positions whose token is predicted and scored.
  ///
  /// The logits of position p − 1 predict the token at p, so the range never contains 0.
  package var scored: Range<Int>

  package init(index: Int, tokens: [Int32], scored: Range<Int>) {
    self.index = index
    self.tokens = tokens
    self.scored = scored
  }

  /// The positions whose logits are needed: those before the scored ones.
  var predicting: Range<Int> { scored.lowerBound - 1..<scored.upperBound - 1 }
}
