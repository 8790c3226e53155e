// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// Texts and tokenizers that a model can't be measured with.
struct UnsuitableTextTests {
  /// The trained model with other files in place of its tokenizer's.
  static func model(_ files: [String: String]) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(
      atPath: folder.path("model"), withIntermediateDirectories: true)
    for name in ["config.json", "model.safetensors"] {
      try FileManager.default.createSymbolicLink(
        atPath: folder.path("model/\(name)"),
        withDestinationPath: Fixtures.trainedModel.appending(path: name).path)
    }
    for (name, contents) in files { try folder.write(contents, as: name) }
    return folder
  }

  static let farToken =
    #"{"added_tokens":[{"id":5000,"content":"far"}],"#
    + #""model":{"type":"BPE","vocab":{"a":1,"b":2},"merges":[]}}"#

  static let cases: [(files: [String: String], says: [String])] = [
    (
      ["model/tokenizer.json": farToken, "text": "abba far"],
      ["token 'far' of id 5000", "only 4096 embeddings", "use the tokenizer"]
    ),
    (["text": "abba"], ["model: no tokenizer.json, tokenizer.model or vocab.json", "copy it"]),
    (
      ["model/tokenizer.json": farToken, "text": ""],
      ["the text holds no tokens", "pass a text that is not empty"]
    ),
    (
      ["model/tokenizer.json": #"{"model":"#, "text": "abba"],
      ["model/tokenizer.json: malformed JSON at byte 9", "fetch the file again"]
    ),
    (
      ["model/tokenizer.model": "\n\u{5}a", "text": "abba"],
      ["model/tokenizer.model: malformed SentencePiece model at byte 1", "fetch the file again"]
    ),
  ]

  @Test(arguments: cases)
  func `perplexity and verify say in one line what does not fit`(
    files: [String: String], says: [String]
  ) throws {
    let folder = try Self.model(files)
    for command in [["perplexity", "model"], ["verify", "model", "model"]] {
      let outcome = try Program.run(command + ["--text", "text"], in: folder.path)
      #expect(outcome.status == 1)
      #expect(outcome.errorLines.count == 1)
      for words in says { #expect(outcome.error.contains(words), "\(outcome.error)") }
    }
  }

  @Test func `a tokenizer that lists more tokens than a text has is no error`() throws {
    let folder = try Self.model(["model/tokenizer.json": Self.farToken, "text": "abba"])
    let outcome = try Program.run(["perplexity", "model", "--text", "text"], in: folder.path)
    #expect(outcome.status == 0, "\(outcome.error)")
  }

  @Test func `a text that is not there or not UTF-8 is named`() throws {
    let folder = try Self.model(["model/tokenizer.json": Self.farToken])
    try folder.write(Data([0x61, 0xFF]), as: "text")
    for (name, says) in [("text", "text: not UTF-8 at byte 1"), ("none", "none: no such file")] {
      for command in ["tokenize", "perplexity"] {
        let outcome = try Program.run([command, "model", "--text", name], in: folder.path)
        #expect(outcome.status == 1)
        #expect(outcome.errorLines.count == 1)
        #expect(outcome.error.contains(says), "\(outcome.error)")
      }
    }
  }
}
