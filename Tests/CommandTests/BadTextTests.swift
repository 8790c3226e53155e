// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// Texts and models that can't be measured: one line each, with the remedy.
@Suite(.serialized) struct BadTextTests {
  private let model: TrainedModel

  init() throws { model = try TrainedModel() }

  private func expect(_ text: Data, _ more: String..., says words: [String]) throws {
    try model.folder.write(text, as: "text.txt")
    let commands = [["perplexity", "model"], ["verify", "model", "model.tone"]]
    for command in commands {
      for limit in [[], ["--memory-limit", "500MB"]] {
        BadInputTests.expectFailure(
          try model.run(command + ["--text", "text.txt"] + more + limit), says: words)
      }
    }
  }

  @Test func `a text that is not UTF-8 is refused by its first wrong byte`() throws {
    try expect(
      Data("fine until ".utf8) + [0xC3, 0x28],
      says: ["text.txt: not UTF-8 at byte 11", "convert the file"])
  }

  @Test func `an empty text is refused`() throws {
    try expect(Data(), says: ["the text holds no tokens", "pass a text that is not empty"])
  }

  @Test func `a text too short for the protocol is refused`() throws {
    try expect(
      Data("some words".utf8), "--protocol", "llama.cpp", "--context", "64",
      says: ["tokens but at least 128 are needed", "pass a longer text or a smaller --context"])
  }

  @Test func `a context beyond the model's positions is refused`() throws {
    try expect(
      Data("some words".utf8), "--context", "1025",
      says: ["1025 is longer than the 1024 positions", "--context 1024 or less"])
  }

  @Test func `a text shorter than a window is one window`() throws {
    try model.folder.write("Some words that are fewer than a window has.\n", as: "text.txt")
    let outcome = try model.run(["perplexity", "model", "--text", "text.txt", "--json"])
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("\"windows\" : 1"))
  }

  /// The small llama of the fixtures under the trained model's tokenizer, whose ids go further.
  private func makeForeign(damaged: Bool = false) throws {
    let folder = model.folder.path("foreign")
    let family = Fixtures.folder.appending(path: "families/llama")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    for (source, name) in [
      (family, "config.json"), (family, "model.safetensors"),
      (Fixtures.trainedModel, "tokenizer.json"),
    ] {
      try FileManager.default.copyItem(
        atPath: source.appending(path: name).path, toPath: "\(folder)/\(name)")
    }
    guard damaged else { return }
    // The last two bytes are the last weight of the last tensor, and all ones is NaN.
    var bytes = try model.folder.contents(of: "foreign/model.safetensors")
    bytes.replaceSubrange(bytes.count - 2..<bytes.count, with: [0xFF, 0xFF])
    try model.folder.write(bytes, as: "foreign/model.safetensors")
  }

  @Test(arguments: [[], ["--memory-limit", "500MB"]])
  func `ids beyond the embedding are refused`(limit: [String]) throws {
    try makeForeign()
    try model.folder.write("Documentation and reference", as: "text.txt")
    BadInputTests.expectFailure(
      try model.run(["perplexity", "foreign", "--text", "text.txt", "--context", "2"] + limit),
      says: ["only 512 embeddings", "use the tokenizer that belongs to this model"])
  }

  @Test(arguments: [[], ["--memory-limit", "500MB"]])
  func `logits that are not finite are refused with their place`(limit: [String]) throws {
    try makeForeign(damaged: true)
    // Single bytes, whose ids are small.
    try model.folder.write("\u{7f}\u{7f}\u{7f}!\"#$%&'()*", as: "text.txt")
    let outcome = try model.run(
      ["perplexity", "foreign", "--text", "text.txt", "--context", "8"] + limit)
    BadInputTests.expectFailure(
      outcome, says: ["window 0, position ", "logits are not finite", "halftone check"])
  }
}
