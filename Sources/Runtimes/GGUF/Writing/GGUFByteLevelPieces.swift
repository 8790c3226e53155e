// SPDX-License-Identifier: Apache-2.0

import Tensors
import Tokenization

/// A byte-level BPE for llama.cpp: tokens, merges, and the name of the way in which text is cut.
struct GGUFByteLevelPieces: GGUFPieces {
  let table: [Int: GGUFPiece]
  let merges: [String]?
  /// The value of `tokenizer.ggml.pre`.
  let preTokenizer: String
  private(set) var notes: [String] = []

  var hasScores: Bool { false }
  var addsSpacePrefix: Bool? { nil }
  var removesExtraSpaces: Bool { false }

  /// - Throws: ``GGUFWritingError/tokenizer(problem:)`` where llama.cpp has no such tokenizer.
  init(_ files: GGUFTokenizerFiles) throws {
    let vocabulary = try GGUFVocabulary(of: files)
    table = vocabulary.tokens.mapValues { GGUFPiece(text: $0) }
    // A space in a token would be taken for the one between two.
    func spelled(_ text: String) -> String {
      text.utf8.contains(UInt8(ascii: " ")) ? text.replacing(" ", with: "\u{120}") : text
    }
    merges = vocabulary.merges.map { spelled($0.left) + " " + spelled($0.right) }
    guard let json = files.tokenizer else {
      preTokenizer = try Self.name(ofClass: files.configuration?["tokenizer_class"]?.text)
      return
    }
    guard let rules = GGUFPreTokenizer.of(json) else {
      throw GGUFWritingError.tokenizer(
        problem:
          "the tokenizer cuts text in a way that llama.cpp has no name for, before it merges "
          + "bytes (pre_tokenizer of tokenizer.json)")
    }
    preTokenizer = rules.names[0]
    if rules.ignoresMerges != (json["model"]?["ignore_merges"]?.isTrue ?? false) {
      notes.append(
        "llama.cpp \(rules.ignoresMerges ? "takes" : "doesn't take") a piece that is a token as it is, "
          + "other than this tokenizer: rare texts may be cut otherwise")
    }
    if json["normalizer"]?.hasType("NFC") == true {
      notes.append(
        "llama.cpp doesn't compose characters (NFC) before it cuts text; texts that are composed, as "
          + "nearly all are, give the same tokens")
    }
  }

  /// The way of a class that has no `tokenizer.json`.
  private static func name(ofClass name: String?) throws -> String {
    let known = [
      "GPT2Tokenizer": "gpt-2", "GPT2TokenizerFast": "gpt-2", "CodeGenTokenizer": "gpt-2",
      "Qwen2Tokenizer": "qwen2", "Qwen2TokenizerFast": "qwen2",
    ]
    guard let name = known[name ?? "GPT2Tokenizer"] else {
      throw GGUFWritingError.tokenizer(
        problem:
          "how the class \((name ?? "").quoted) cuts text is not in vocab.json and merges.txt")
    }
    return name
  }
}
