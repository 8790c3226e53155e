// SPDX-License-Identifier: Apache-2.0

import Tensors
import Tokenization

/// The tokens and merges of a byte-pair model, from `tokenizer.json` or from `vocab.json` and
/// `merges.txt`.
struct GGUFVocabulary {
  /// Texts by id.
  private(set) var tokens: [Int: String] = [:]
  private(set) var merges: [(left: String, right: String)] = []

  /// - Throws: ``GGUFWritingError/tokenizer(problem:)`` where it is not of that kind.
  init(of files: GGUFTokenizerFiles) throws {
    if let model = files.tokenizer?["model"] {
      let type = model["type"]?.text ?? "BPE"
      guard type == "BPE" else {
        throw GGUFWritingError.tokenizer(
          problem: "the tokenizer is a \(type) model, for which llama.cpp has no counterpart")
      }
      try readTokens(model["vocab"], file: "tokenizer.json")
      if case .array(let list)? = model["merges"] { merges = try list.map(Self.merge) }
    } else {
      try readTokens(files.vocabulary, file: "vocab.json")
      for line in (files.merges ?? "").split(separator: "\n") where !line.hasPrefix("#") {
        let line = line.hasSuffix("\r") ? line.dropLast() : line
        if !line.isEmpty { merges.append(try Self.merge(.string(String(line)))) }
      }
    }
  }

  private mutating func readTokens(_ value: JSONValue?, file: String) throws {
    guard case .object(let members)? = value else {
      throw GGUFWritingError.tokenizer(problem: "\(file) has no vocabulary")
    }
    for member in members {
      guard case .integer(let id) = member.value, id >= 0,
        tokens.updateValue(member.key, forKey: id) == nil
      else {
        throw GGUFWritingError.tokenizer(
          problem: "the token \(member.key.quoted) of \(file) has no id of its own")
      }
    }
  }

  private static func merge(_ value: JSONValue) throws -> (left: String, right: String) {
    switch value {
    case .array(let pair) where pair.count == 2:
      if let left = pair[0].text, let right = pair[1].text { return (left, right) }
    case .string(let text):
      let parts = text.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count == 2 { return (String(parts[0]), String(parts[1])) }
    default: break
    }
    throw GGUFWritingError.tokenizer(problem: "\(value.kind) among the merges is no pair of tokens")
  }
}
