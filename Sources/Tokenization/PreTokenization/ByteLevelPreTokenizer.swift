// SPDX-License-Identifier: Apache-2.0

/// Writes text in the byte alphabet, after an optional split by GPT-2's pattern.
struct ByteLevelPreTokenizer: PreTokenizer {
  private static let words =
    #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#

  private let addsPrefixSpace: Bool
  private let words: RegularExpression?

  init(_ part: Part) throws {
    addsPrefixSpace = try part.bool("add_prefix_space", default: true)
    words =
      try part.bool("use_regex", default: true)
      ? part.regularExpression(Self.words, for: part.name("use_regex")) : nil
  }

  func apply(to pieces: inout Pieces) throws {
    if addsPrefixSpace {
      pieces.rewrite { piece, _, output in
        if piece.first != UInt8(ascii: " ") { output.append(UInt8(ascii: " ")) }
        output.append(contentsOf: piece)
      }
    }
    if let words {
      try pieces.split { try SplitBehavior.isolated.cut($0, at: words, inverted: false) }
    }
    pieces.rewrite { piece, _, output in ByteAlphabet.write(piece, to: &output) }
  }
}
