// SPDX-License-Identifier: Apache-2.0

/// BERT's model: the longest token that begins the piece, then the longest that continues it.
struct WordPieceModel: TokenizerModel {
  let vocabulary: Vocabulary
  private let unknown: UnknownToken
  private let continuingPrefix: [UInt8]
  /// Pieces of more characters are unknown as a whole.
  private let characterLimit: Int

  init(_ part: Part) throws {
    vocabulary = try Vocabulary(part)
    unknown = try UnknownToken(part, vocabulary: vocabulary)
    continuingPrefix = try Array((part.optionalString("continuing_subword_prefix") ?? "##").utf8)
    characterLimit =
      try part.optional("max_input_chars_per_word") == nil
      ? 100 : part.count("max_input_chars_per_word")
  }

  func tokenize(_ piece: Bytes, into ids: inout [Int32]) throws {
    let length = piece.reduce(0) { $0 + ($1 & 0xC0 != 0x80 ? 1 : 0) }
    let start = ids.count
    var position = 0
    while length <= characterLimit, position < piece.count {
      guard let (end, id) = longestToken(in: piece, from: position) else { break }
      ids.append(id)
      position = end
    }
    if position < piece.count {
      ids.removeSubrange(start...)
      ids.append(try unknown.id(for: piece))
    }
  }

  private func longestToken(in piece: Bytes, from start: Int) -> (end: Int, id: Int32)? {
    var end = piece.count
    while end > start {
      let part = piece.part(start..<end)
      let id =
        start == 0
        ? vocabulary.id(of: part)
        : (continuingPrefix + part).withUnsafeBufferPointer { vocabulary.id(of: $0) }
      if let id { return (end, id) }
      end -= piece.scalar(before: end).length
    }
    return nil
  }
}
