// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@testable import Tokenization

/// Folders without `tokenizer.json`, with the ids that Transformers gives them; see
/// Tests/Fixtures/tokenizers/README.md.
struct OlderFilesTests {
  struct Entry: Decodable {
    var text: String
    var ids: [Int32]
    var plainIDs: [Int32]

    enum CodingKeys: String, CodingKey {
      case text, ids
      case plainIDs = "ids_without_special"
    }
  }

  static func folder(_ name: String) -> URL {
    Fixtures.folder.appending(path: "tokenizers/older/\(name)")
  }

  @Test(arguments: ["gpt2", "opt", "qwen2", "llama-added"])
  func `older files give Transformers' ids`(name: String) throws {
    let tokenizer = try Tokenizer(at: Self.folder(name).path)
    let entries = try JSONDecoder().decode(
      [Entry].self, from: Data(contentsOf: Self.folder(name).appending(path: "golden.json")))
    #expect(entries.count == 13)
    for entry in entries {
      let place = "\(name): \(entry.text.debugDescription)"
      #expect(try tokenizer.encode(entry.text) == entry.ids, "\(place)")
      #expect(
        try tokenizer.encode(entry.text, addingSpecialTokens: false) == entry.plainIDs, "\(place)")
      if !entry.text.hasPrefix("<"), name != "qwen2" {
        #expect(try tokenizer.decode(entry.plainIDs) == entry.text, "\(place)")
      }
    }
  }

  static let vocabulary = Data(#"{"a":0,"b":1,"ab":2,"</s>":3}"#.utf8)

  static let cases: [(files: [String: String], error: TokenizationError)] = [
    (
      ["tokenizer_config.json": #"{"tokenizer_class":"XGLMTokenizer"}"#],
      .unsupportedOption(
        path: "m/tokenizer_config.json", key: "tokenizer_class", value: "XGLMTokenizer")
    ),
    (
      ["tokenizer_config.json": #"{"add_bos_token":true,"bos_token":"<s>"}"#],
      .absentToken(path: "m/tokenizer_config.json", key: "bos_token", token: "<s>")
    ),
    (
      ["tokenizer_config.json": "[]"],
      .wrongValue(
        path: "m/tokenizer_config.json", key: "", expected: "an object", found: "an array")
    ),
    (
      ["added_tokens.json": #"{"<x>":1}"#],
      .duplicateID(path: "m/vocab.json", id: 1, first: "b", second: "<x>")
    ),
    (
      ["merges.txt": "#version: 0.2\na c\n"],
      .absentToken(path: "m/vocab.json", key: "model.merges[0]", token: "c")
    ),
    (
      ["merges.txt": "a\n"],
      .wrongValue(
        path: "m/vocab.json", key: "model.merges[0]", expected: "a pair of tokens", found: "'a'")
    ),
    (
      ["tokenizer.model": "IQ== 0\nIg== 1\n"],
      .unsupportedPart(path: "m/tokenizer.model", key: "tokenizer.model", type: "tiktoken")
    ),
  ]

  @Test(arguments: cases)
  func `a broken older file's error names what is wrong`(
    files: [String: String], error: TokenizationError
  ) {
    #expect(throws: error) {
      try Tokenizer(path: "m") { name in
        if let text = files[name] { return Data(text.utf8) }
        return switch name {
        case "vocab.json": Self.vocabulary
        case "merges.txt": Data("a b\n".utf8)
        default: nil
        }
      }
    }
  }

  @Test func `the special tokens that a text spells out are found`() throws {
    let tokenizer = try Tokenizer(path: "m") { name in
      switch name {
      case "vocab.json": Self.vocabulary
      case "merges.txt": Data("a b\n".utf8)
      case "tokenizer_config.json":
        Data(#"{"eos_token":{"content":"</s>"},"add_eos_token":true}"#.utf8)
      default: nil
      }
    }
    #expect(try tokenizer.encode("ab</s>b") == [2, 3, 1, 3])
  }
}
