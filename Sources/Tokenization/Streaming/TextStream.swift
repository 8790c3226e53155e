// SPDX-License-Identifier: Apache-2.0

/// Turns tokens that come one by one into text, as soon as it is certain.
///
/// What a token stands for depends on its neighbours: bytes of a character may be tokens of their own,
/// and a decoder may drop a space at the start of a text. So a few tokens are decoded again with those
/// before them, and only what that adds is given; while it ends in the middle of a character, nothing.
package struct TextStream: Sendable {
  /// More tokens than that before the next are not looked at again: longer than any character's bytes.
  private static let contextCount = 8
  /// A character that has not come to its end after so many tokens never does.
  private static let patience = 16

  private let tokenizer: Tokenizer
  private var tokens: [Int32]
  /// How many of the tokens have been given as text.
  private var givenCount: Int

  /// - Parameter prompt: the tokens before the first, of which nothing is given.
  package init(after prompt: [Int32], with tokenizer: Tokenizer) {
    self.tokenizer = tokenizer
    tokens = prompt.suffix(Self.contextCount)
    givenCount = tokens.count
  }

  /// The text that is certain now.
  ///
  /// - Throws: ``TokenizationError/unknownID(_:)``
  package mutating func append(_ id: Int32) throws -> String {
    tokens.append(id)
    return try take(isEnd: false)
  }

  /// The rest, with U+FFFD for a character that came to no end.
  package mutating func finish() throws -> String { try take(isEnd: true) }

  private mutating func take(isEnd: Bool) throws -> String {
    let before = try tokenizer.decode(Array(tokens[..<givenCount]), skippingSpecialTokens: true)
    let all = try tokenizer.decode(tokens, skippingSpecialTokens: true)
    let isWhole = isEnd || tokens.count - givenCount > Self.patience
    guard isWhole || all.unicodeScalars.last != "\u{FFFD}" else { return "" }
    let common = zip(before.utf8, all.utf8).prefix { $0 == $1 }.count
    // Characters that the tokens before left unfinished are part of what is given now.
    let text = String(
      decoding: all.utf8.dropFirst(Self.characterStart(in: all, at: common)), as: UTF8.self)
    tokens.removeFirst(max(0, tokens.count - Self.contextCount))
    givenCount = tokens.count
    return text
  }

  /// The offset of the character that a byte belongs to.
  private static func characterStart(in text: String, at offset: Int) -> Int {
    var start = offset
    let bytes = Array(text.utf8.prefix(offset + 1))
    while start > 0, start < bytes.count, bytes[start] & 0xC0 == 0x80 { start -= 1 }
    return start
  }
}
