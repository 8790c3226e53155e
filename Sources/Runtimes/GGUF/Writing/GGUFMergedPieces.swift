// SPDX-License-Identifier: Apache-2.0

import Tensors
import Tokenization

/// A `tokenizer.json` that was made from a SentencePiece model, whose scores it does not have.
///
/// Where the tokenizer takes the merges in their order, llama.cpp takes the piece of the highest score;
/// so a piece's score is the negated rank of the first merge that makes it. That is the same order
/// where all ways to make a piece stand together in the list and none is left out, as in files that
/// were made from SentencePiece's.
struct GGUFMergedPieces: GGUFPieces {
  let table: [Int: GGUFPiece]
  let addsSpacePrefix: Bool?
  private(set) var notes: [String] = []

  var hasScores: Bool { true }
  var merges: [String]? { nil }
  var removesExtraSpaces: Bool { false }

  /// - Throws: ``GGUFWritingError/tokenizer(problem:)`` where llama.cpp has no such tokenizer.
  init(_ json: JSONValue, files: GGUFTokenizerFiles) throws {
    let vocabulary = try GGUFVocabulary(of: files)
    var ranks: [[UInt8]: Int] = [:]
    var pairs = Set<[UInt8]>()
    for (rank, merge) in vocabulary.merges.enumerated() {
      let whole = Array((merge.left + merge.right).utf8)
      ranks[whole] = min(rank, ranks[whole] ?? rank)
      pairs.insert(Array(merge.left.utf8) + [0] + Array(merge.right.utf8))
    }
    let last = vocabulary.merges.count
    let unknown = json["model"]?["unk_token"]?.text
    table = vocabulary.tokens.mapValues { text in
      if text == unknown { return GGUFPiece(text: text, kind: .unknown) }
      if Self.isByte(text) { return GGUFPiece(text: text, kind: .byte) }
      let rank = ranks[Array(text.utf8)]
      return GGUFPiece(text: text, score: -Float(rank ?? last))
    }
    addsSpacePrefix = try Self.addsSpacePrefix(json)
    if !Self.isComplete(vocabulary, pairs: pairs) {
      notes.append(
        "the tokenizer's merges are not all pairs that make a token, and llama.cpp merges any such "
          + "pair: rare texts may be cut otherwise")
    }
  }

  /// Whether a token is the spelling of a byte, `<0x0A>`.
  private static func isByte(_ text: String) -> Bool {
    text.utf8.count == 6 && text.hasPrefix("<0x") && text.hasSuffix(">")
      && UInt8(text.dropFirst(3).dropLast(), radix: 16) != nil
  }

  /// Whether each pair of tokens that make a token is among the merges.
  private static func isComplete(_ vocabulary: GGUFVocabulary, pairs: Set<[UInt8]>) -> Bool {
    let texts = Set(vocabulary.tokens.values.map { Array($0.utf8) })
    return texts.allSatisfy { text in
      // Between characters only.
      text.indices.dropFirst().allSatisfy { place in
        guard text[place] & 0xC0 != 0x80 else { return true }
        let (left, right) = (Array(text[..<place]), Array(text[place...]))
        return !texts.contains(left) || !texts.contains(right)
          || pairs.contains(left + [0] + right)
      }
    }
  }

  /// Whether a space is written before a text.
  private static func addsSpacePrefix(_ json: JSONValue) throws -> Bool? {
    if let metaspace = json["pre_tokenizer"], metaspace.hasType("Metaspace") {
      return metaspace["prepend_scheme"]?.text == "never" ? false : nil
    }
    var parts: [JSONValue] = []
    if let normalizer = json["normalizer"], !normalizer.isNull {
      if case .array(let list)? = normalizer["normalizers"] {
        parts = list
      } else {
        parts = [normalizer]
      }
    }
    for part in parts {
      switch part["type"]?.text {
      case "Replace" where part["pattern"]?["String"]?.text == " ", "Prepend": break
      case let type:
        throw GGUFWritingError.tokenizer(
          problem: "the tokenizer's normalizer \((type ?? "").quoted) is none that llama.cpp has")
      }
    }
    return parts.contains { $0["type"]?.text == "Prepend" } ? nil : false
  }
}
