// SPDX-License-Identifier: Apache-2.0

/// Replaces the matches of a pattern by a fixed string.
///
/// Decoders use it too, token by token.
struct ReplaceNormalizer: Normalizer, Decoder {
  private let pattern: any TextPattern
  private let content: [UInt8]

  init(_ part: Part) throws {
    pattern = try part.pattern("pattern")
    content = try Array(part.string("content").utf8)
  }

  func normalize(_ text: String) throws -> String {
    var text = text
    return try text.withUTF8 { bytes in
      var output: [UInt8] = []
      var position = 0
      try pattern.forEachMatch(in: bytes) { match in
        output.append(contentsOf: bytes[position..<match.lowerBound])
        output.append(contentsOf: content)
        position = match.upperBound
      }
      output.append(contentsOf: bytes[position...])
      return String(decoding: output, as: UTF8.self)
    }
  }

  func decode(_ tokens: [String]) throws -> [String] { try tokens.map(normalize) }
}
