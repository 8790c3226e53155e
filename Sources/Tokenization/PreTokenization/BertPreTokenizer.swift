// SPDX-License-Identifier: Apache-2.0

/// Drops white space and makes every punctuation mark a piece.
struct BertPreTokenizer: PreTokenizer {
  private static let punctuation = SplitPreTokenizer(
    pattern: ScalarPattern { $0.isASCIIPunctuation || $0.isPunctuation }, behavior: .isolated)

  init(_ part: Part) {}

  func apply(to pieces: inout Pieces) throws {
    try SplitPreTokenizer.whitespace.apply(to: &pieces)
    try Self.punctuation.apply(to: &pieces)
  }
}
