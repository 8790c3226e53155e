// SPDX-License-Identifier: Apache-2.0

/// SentencePiece's unigram model: of all ways to cut a piece into tokens, the one with the greatest
/// sum of scores (log probabilities).
struct UnigramModel: TokenizerModel {
  /// How much less an unknown character scores than the least likely token.
  private static let unknownPenalty = 10.0

  let vocabulary: Vocabulary
  private let scores: [Double]
  private let trie: ByteTrie
  private let unknown: Int32?
  private let unknownScore: Double
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
    self.scores = scores
    trie = entries.reduce(into: ByteTrie()) { trie, entry in
      if !entry.token.utf8.isEmpty { trie.insert(entry.token.utf8, entry.id) }
    }
    unknown = try Self.unknown(part, tokenCount: scores.count)
    unknownScore = (scores.min() ?? 0) - Self.unknownPenalty
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
    let path = try bestPath(through: piece)
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

  /// The cut with the greatest score, from left to right (Viterbi).
  ///
  /// Of equal scores the one found first stays; sums are formed from the left, as the reference
  /// library does, so that rounding agrees.
  private func bestPath(through piece: Bytes) throws -> [(range: Range<Int>, id: Int32)] {
    var nodes = Array(repeating: (score: 0.0, start: -1, id: Int32(0)), count: piece.count + 1)
    var start = 0
    while start < piece.count {
      let here = nodes[start].score
      let characterLength = piece.scalar(at: start).length
      var coversCharacter = false

      func offer(_ length: Int, _ id: Int32, _ score: Double) {
        let end = start + length
        if nodes[end].start < 0 || score > nodes[end].score { nodes[end] = (score, start, id) }
      }

      trie.forEachPrefix(of: piece, at: start) { length, id in
        offer(length, id, scores[Int(id)] + here)
        if length == characterLength { coversCharacter = true }
      }
      if !coversCharacter {
        guard let unknown else {
          let character = piece.part(start..<start + characterLength)
          throw TokenizationError.textOutsideVocabulary(text: character.text)
        }
        offer(characterLength, unknown, unknownScore + here)
      }
      start += characterLength
    }
    var path: [(range: Range<Int>, id: Int32)] = []
    var end = piece.count
    while end > 0 {
      path.append((nodes[end].start..<end, nodes[end].id))
      end = nodes[end].start
    }
    return path.reversed()
  }
}
