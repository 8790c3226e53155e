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

  /// The cut with the greatest score, from left to right (Viterbi).
  ///
  /// Of equal scores the one found first stays; sums are formed from the left, as the reference
  /// libraries do, so that rounding agrees.
  ///
  /// - Throws: ``TokenizationError/textOutsideVocabulary(text:)`` where no token stands for that.
  func bestPath(through piece: Bytes) throws -> [(range: Range<Int>, id: Int32)] {
    var nodes = Array(repeating: (score: 0.0, start: -1, id: Int32(0)), count: piece.count + 1)
    var start = 0
    while start < piece.count {
      let here = nodes[start].score
      let characterLength = piece.scalar(at: start).length
      var coversCharacter = false

      func offer(_ length: Int, _ id: Int32, _ score: Double) {
        let end = start + length
        let sum = rounded(score + here)
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
