// SPDX-License-Identifier: Apache-2.0

/// Byte-pair encoding: a piece starts as single characters, and the neighbours whose pair has the
/// lowest rank are merged, leftmost first, until no pair has one.
struct BytePairModel: TokenizerModel {
  let vocabulary: Vocabulary
  /// The rank and the merged id of each pair.
  let merges: PairTable
  let unknown: UnknownToken
  /// Neighbouring characters outside the vocabulary share one unknown-token.
  let fusesUnknown: Bool
  /// The tokens of the 256 bytes where a character outside the vocabulary is spelled by them.
  let byteTokens: [Int32?]
  /// A piece that is a token as a whole is taken for it without merging.
  let ignoresMerges: Bool
  /// Precedes each character but a piece's first when it is looked up.
  let continuingPrefix: [UInt8]
  /// Follows a piece's last character when it is looked up.
  let endingSuffix: [UInt8]

  init(_ part: Part) throws {
    if let dropout = part.optional("dropout") {
      switch dropout {
      case .integer(0), .number(0): break
      default:
        throw TokenizationError.unsupportedOption(
          path: part.path, key: part.name("dropout"), value: dropout.kind)
      }
    }
    let vocabulary = try Vocabulary(part)
    self.vocabulary = vocabulary
    unknown = try UnknownToken(part, vocabulary: vocabulary)
    fusesUnknown = try part.bool("fuse_unk", default: false)
    byteTokens =
      try part.bool("byte_fallback", default: false)
      ? (UInt8.min...UInt8.max).map { vocabulary.id(of: ByteToken.spelling(of: $0)) } : []
    ignoresMerges = try part.bool("ignore_merges", default: false)
    continuingPrefix = try Array((part.optionalString("continuing_subword_prefix") ?? "").utf8)
    endingSuffix = try Array((part.optionalString("end_of_word_suffix") ?? "").utf8)
    merges = try Self.merges(part, vocabulary: vocabulary, prefixLength: continuingPrefix.count)
  }

  func tokenize(_ piece: Bytes, into ids: inout [Int32]) throws {
    if ignoresMerges, let id = vocabulary.id(of: piece) {
      ids.append(id)
      return
    }
    let start = ids.count
    try appendCharacters(of: piece, to: &ids)
    merge(&ids, from: start)
  }

  /// Appends the ids of the single characters.
  ///
  /// A character spelled by bytes does not end a run of unknown ones: the run's token then follows
  /// those bytes. The reference library does so.
  private func appendCharacters(of piece: Bytes, to ids: inout [Int32]) throws {
    var pendingUnknown: Int32?
    var position = 0
    while position < piece.count {
      let length = piece.scalar(at: position).length
      let character = piece.part(position..<position + length)
      let isFirst = position == 0
      position += length
      try withSpelling(of: character, isFirst: isFirst, isLast: position == piece.count) {
        if let id = vocabulary.id(of: $0) {
          if let unknown = pendingUnknown { ids.append(unknown) }
          pendingUnknown = nil
          ids.append(id)
        } else if let bytes = byteTokens(of: $0) {
          ids.append(contentsOf: bytes)
        } else if case .none = unknown {
          return
        } else {
          if let unknown = pendingUnknown, !fusesUnknown { ids.append(unknown) }
          pendingUnknown = try unknown.id(for: character)
        }
      }
    }
    if let unknown = pendingUnknown { ids.append(unknown) }
  }

  /// Calls `body` with a character as the vocabulary spells it at its place in the piece.
  private func withSpelling(
    of character: Bytes, isFirst: Bool, isLast: Bool, _ body: (Bytes) throws -> Void
  ) rethrows {
    let prefix = isFirst ? [] : continuingPrefix
    let suffix = isLast ? endingSuffix : []
    if prefix.isEmpty, suffix.isEmpty { return try body(character) }
    try (prefix + character + suffix).withUnsafeBufferPointer(body)
  }

  /// The tokens of the bytes of `spelling`, or nil where bytes aren't spelled or one has no token.
  private func byteTokens(of spelling: Bytes) -> [Int32]? {
    guard !byteTokens.isEmpty else { return nil }
    let tokens = spelling.compactMap { byteTokens[Int($0)] }
    return tokens.count == spelling.count ? tokens : nil
  }
}
