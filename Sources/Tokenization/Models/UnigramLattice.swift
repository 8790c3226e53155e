// SPDX-License-Identifier: Apache-2.0

/// All ways to cut a text into tokens of known scores, and the one of the greatest sum.
struct UnigramLattice: Sendable {
  /// The type in which sums of scores are kept; it decides where two cuts score nearly the same.
  enum Sums {
    case single
    case double
  }

  /// How much less an unknown character scores than the least likely token.
  static let unknownPenalty = 10.0

  /// The tokens' spellings, with their ids.
  let trie: ByteTrie
  /// The score of each id.
  let scores: [Double]
  let unknown: Int32?
  let unknownScore: Double
  let sums: Sums

  /// Where a single-precision sum has fallen below this, it and the sums ahead of it start from zero
  /// again, before they lose the digits that decide. SentencePiece 0.2.3 gives the same ids for long
  /// texts with this limit and with no other.
  private static let lowestSum = -100_000.0

  /// The cut with the greatest score, from left to right (Viterbi).
  ///
  /// Of equal scores the one found first stays; sums are formed from the left, as the reference
  /// libraries do, so that rounding agrees.
  ///
  /// - Throws: ``TokenizationError/textOutsideVocabulary(text:)`` where no token stands for that.
  func bestPath(through piece: Bytes) throws -> [(range: Range<Int>, id: Int32)] {
    var nodes = Array(repeating: (score: 0.0, start: -1, id: Int32(0)), count: piece.count + 1)
    var start = 0
    // Up to where nodes have been reached.
    var reached = 0
    while start < piece.count {
      if sums == .single, nodes[start].score < Self.lowestSum {
        let base = nodes[start].score
        for node in start...reached { nodes[node].score = rounded(nodes[node].score - base) }
      }
      let here = nodes[start].score
      let characterLength = piece.scalar(at: start).length
      var coversCharacter = false

      func offer(_ length: Int, _ id: Int32, _ score: Double) {
        let end = start + length
        let sum = rounded(score + here)
        reached = max(reached, end)
        if nodes[end].start < 0 || sum > nodes[end].score { nodes[end] = (sum, start, id) }
      }

      trie.forEachPrefix(of: piece, at: start) { length, id in
        offer(length, id, scores[Int(id)])
        if length == characterLength { coversCharacter = true }
      }
      if !coversCharacter {
        guard let unknown else {
          let character = piece.part(start..<start + characterLength)
          throw TokenizationError.textOutsideVocabulary(text: character.text)
        }
        offer(characterLength, unknown, unknownScore)
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

  private func rounded(_ score: Double) -> Double {
    sums == .single ? Double(Float(score)) : score
  }
}
