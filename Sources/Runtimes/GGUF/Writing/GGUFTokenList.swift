// SPDX-License-Identifier: Apache-2.0

import Tensors
import Tokenization

/// The pieces of a tokenizer before added tokens are laid over them.
protocol GGUFPieces {
  /// By id.
  var table: [Int: GGUFPiece] { get }
  /// Whether texts begin with a space; nil where llama.cpp's own way is meant.
  var addsSpacePrefix: Bool? { get }
  var removesExtraSpaces: Bool { get }
  var merges: [String]? { get }
  /// Whether pieces are merged by their scores.
  var hasScores: Bool { get }
}

struct GGUFPiece {
  var text: String
  var score: Float = 0
  var kind = GGUFTokens.Kind.normal
}

/// One token for each row of the embedding.
struct GGUFTokenList {
  private(set) var texts: [String]
  private(set) var kinds: [GGUFTokens.Kind]
  private(set) var scores: [Float]?
  let merges: [String]?
  let addsSpacePrefix: Bool?
  let removesExtraSpaces: Bool
  private var ids: [[UInt8]: Int] = [:]

  /// What llama.cpp's converter gives to rows without a token, and to added tokens.
  private static let (unusedScore, addedScore): (Float, Float) = (-10_000, -1000)

  /// - Throws: ``GGUFWritingError/tokenizer(problem:)`` where there are more tokens than rows, or two
  ///   are the same.
  init(of pieces: some GGUFPieces, files: GGUFTokenizerFiles, rowCount: Int) throws {
    merges = pieces.merges
    addsSpacePrefix = pieces.addsSpacePrefix
    removesExtraSpaces = pieces.removesExtraSpaces
    texts = (0..<rowCount).map { "[PAD\($0)]" }
    kinds = Array(repeating: .unused, count: rowCount)
    var scores = Array(repeating: Self.unusedScore, count: rowCount)
    for (id, piece) in pieces.table {
      try Self.require(id, below: rowCount, piece.text)
      texts[id] = piece.text
      kinds[id] = piece.kind
      scores[id] = piece.score
    }
    for token in try files.added() {
      // Padding that was added later often has no row.
      guard token.id < rowCount else { continue }
      texts[token.id] =
        token.isSpecial ? token.text : token.text.replacing("\u{2581}", with: " ")
      kinds[token.id] = token.isSpecial ? .control : .userDefined
      scores[token.id] = Self.addedScore
    }
    self.scores = pieces.hasScores ? scores : nil
    for (id, text) in texts.enumerated() {
      guard ids.updateValue(id, forKey: Array(text.utf8)) == nil else {
        throw GGUFWritingError.tokenizer(
          problem: "the tokenizer has two tokens \(text.quoted), and llama.cpp takes one")
      }
    }
  }

  /// The id of a token, or nil.
  func id(of text: String) -> Int? { ids[Array(text.utf8)] }

  private static func require(_ id: Int, below rowCount: Int, _ text: String) throws {
    guard (0..<rowCount).contains(id) else {
      throw GGUFWritingError.tokenizer(
        problem:
          "the token \(text.quoted) has the id \(id), but the embedding has only \(rowCount) "
          + "rows")
    }
  }
}
