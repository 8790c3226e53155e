// SPDX-License-Identifier: Apache-2.0

/// Cuts normalized text into the pieces that the model sees one by one.
protocol PreTokenizer: Sendable {
  func apply(to pieces: inout Pieces) throws
}

/// The implemented pre-tokenizers, by type.
enum PreTokenizers {
  static let registry = PartRegistry<any PreTokenizer>([
    "BertPreTokenizer": BertPreTokenizer.init,
    "ByteLevel": ByteLevelPreTokenizer.init,
    "CharDelimiterSplit": { try SplitPreTokenizer(delimiter: $0) },
    "Digits": { try SplitPreTokenizer(digits: $0) },
    "Metaspace": MetaspacePreTokenizer.init,
    "Punctuation": { try SplitPreTokenizer(punctuation: $0) },
    "Sequence": PreTokenizerSequence.init,
    "Split": { try SplitPreTokenizer(split: $0) },
    "Whitespace": { try SplitPreTokenizer(words: $0) },
    "WhitespaceSplit": { _ in SplitPreTokenizer.whitespace },
  ])
}

/// Several pre-tokenizers, one after the other.
struct PreTokenizerSequence: PreTokenizer {
  private let members: [any PreTokenizer]

  init(_ part: Part) throws {
    members = try part.parts("pretokenizers").map(PreTokenizers.registry.read)
  }

  func apply(to pieces: inout Pieces) throws {
    for member in members { try member.apply(to: &pieces) }
  }
}
