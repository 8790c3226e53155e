// SPDX-License-Identifier: Apache-2.0

import Tensors
import Tokenization

/// `tokenizer.model`, whose pieces and scores are llama.cpp's.
extension SentencePieceFile: GGUFPieces {
  var table: [Int: GGUFPiece] {
    var table: [Int: GGUFPiece] = [:]
    for (id, piece) in pieces.enumerated() {
      // Both formats number the kinds alike.
      let kind = GGUFTokens.Kind(rawValue: Int(piece.kind.rawValue)) ?? .normal
      // llama.cpp looks for these tokens in the text as it is.
      let text =
        kind == .userDefined ? piece.text.replacing("\u{2581}", with: " ") : piece.text
      table[id] = GGUFPiece(text: text, score: piece.score, kind: kind)
    }
    return table
  }

  var hasScores: Bool { true }
  var merges: [String]? { nil }
  var addsSpacePrefix: Bool? { normalization.addsDummySpace ? nil : false }
  var removesExtraSpaces: Bool { normalization.removesExtraSpaces }

  /// - Throws: ``GGUFWritingError/tokenizer(problem:)`` where the model is of another kind: llama.cpp
  ///   merges pairs, and would take a unigram model's scores for that.
  func requireBytePairs() throws {
    guard modelType != .bytePair else { return }
    throw GGUFWritingError.tokenizer(
      problem: "tokenizer.model is a \(modelType) model, and llama.cpp merges pairs of pieces")
  }
}
