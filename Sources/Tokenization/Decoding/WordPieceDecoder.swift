// SPDX-License-Identifier: Apache-2.0

/// Joins word pieces: a prefix marks those that continue a word, others follow a space.
struct WordPieceDecoder: Decoder {
  /// English spellings in which the space before a mark goes, in the order of their application.
  private static let cleanups = [
    (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"),
    (" 'm", "'m"), (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
  ]

  private let prefix: String
  private let cleansUp: Bool

  init(_ part: Part) throws {
    prefix = try part.optionalString("prefix") ?? "##"
    cleansUp = try part.bool("cleanup", default: true)
  }

  func decode(_ tokens: [String]) -> [String] {
    tokens.enumerated().map { index, token in
      var text = token
      if index > 0 {
        let continues = token.utf8.starts(with: prefix.utf8)
        text = continues ? String(token.utf8.dropFirst(prefix.utf8.count)) ?? token : " " + token
      }
      guard cleansUp else { return text }
      return Self.cleanups.reduce(text) { $0.replacingBytes(of: $1.0, with: $1.1) }
    }
  }
}

extension String {
  /// The string with each occurrence of `literal`, compared byte for byte, replaced.
  func replacingBytes(of literal: String, with replacement: String) -> String {
    var text = self
    return text.withUTF8 { bytes in
      var output: [UInt8] = []
      var position = 0
      LiteralPattern(literal).forEachMatch(in: bytes) { match in
        output.append(contentsOf: bytes[position..<match.lowerBound])
        output.append(contentsOf: replacement.utf8)
        position = match.upperBound
      }
      output.append(contentsOf: bytes[position...])
      return String(decoding: output, as: UTF8.self)
    }
  }
}
