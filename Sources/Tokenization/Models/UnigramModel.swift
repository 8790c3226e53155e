// SPDX-License-Identifier: Apache-2.0

/// SentencePiece's unigram model: of all ways to cut a piece into tokens, the one with the greatest
/// sum of scores (log probabilities).
struct UnigramModel: TokenizerModel {
  let vocabulary: Vocabulary
  private let lattice: UnigramLattice
  private let unknown: Int32?
  private let byteTokens: [Int32?]

  init(_ part: Part) throws {
    var entries: [(token: String, id: Int32)] = []
    var scores: [Double] = []
    for (index, value) in try part.array("vocab").enumerated() {
      guard case .array(let pair) = value, pair.count == 2, case .string(let token) = pair[0],
        let score = Self.score(pair[1])
      else {
        throw part.wrong("vocab[\(index)]", expected: "a token and its score", found: value)
      }
      entries.append((token, try Vocabulary.id(.integer(index), of: token, in: part.path)))
      scores.append(score)
    }
    let vocabulary = try Vocabulary(entries, path: part.path)
    self.vocabulary = vocabulary
    unknown = try Self.unknown(part, tokenCount: scores.count)
    let trie = entries.reduce(into: ByteTrie()) { trie, entry in
      if !entry.token.utf8.isEmpty { trie.insert(entry.token.utf8, entry.id) }
    }
    lattice = UnigramLattice(
      trie: trie, scores: scores, unknown: unknown,
      unknownScore: (scores.min() ?? 0) - UnigramLattice.unknownPenalty, sums: .double)
    byteTokens =
      try part.bool("byte_fallback", default: false)
      ? (UInt8.min...UInt8.max).map { vocabulary.id(of: ByteToken.spelling(of: $0)) } : []
  }

  private static func unknown(_ part: Part, tokenCount: Int) throws -> Int32? {
    guard part.optional("unk_id") != nil else { return nil }
    let id = try part.count("unk_id")
    guard id < tokenCount else {
      throw part.wrong("unk_id", expected: "an id below \(tokenCount)", found: .integer(id))
    }
    return Int32(exactly: id)
  }

  private static func score(_ value: JSONValue) -> Double? {
    switch value {
    case .integer(let score): Double(score)
    case .number(let score): score
    default: nil
    }
  }

  func tokenize(_ piece: Bytes, into ids: inout [Int32]) throws {
    let path = try lattice.bestPath(through: piece)
    // Neighbouring unknown characters are one text, which may be spelled by bytes.
    var index = 0
    while index < path.count {
      var range = path[index].range
      let isUnknown = path[index].id == unknown
      index += 1
      while isUnknown, index < path.count, path[index].id == unknown {
        range = range.lowerBound..<path[index].range.upperBound
        index += 1
      }
      try append(piece.part(range), to: &ids)
    }
  }

  private func append(_ text: Bytes, to ids: inout [Int32]) throws {
    if let id = vocabulary.id(of: text) {
      ids.append(id)
      return
    }
    if !byteTokens.isEmpty {
      let tokens = text.compactMap { byteTokens[Int($0)] }
      if tokens.count == text.count {
        ids.append(contentsOf: tokens)
        return
      }
    }
    guard let unknown else {
      throw TokenizationError.textOutsideVocabulary(text: text.text)
    }
    ids.append(unknown)
  }
}
