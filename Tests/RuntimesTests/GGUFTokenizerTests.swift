// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors
import TestSupport
import Testing
import Tokenization

@testable import Runtimes

@Suite struct GGUFTokenizerTests {
  private func model(_ entries: [Data]) throws -> GGUFModel {
    let file = GGUFBytes(entries: entries)
    return try GGUFModel(path: "f", files: [GGUFFile(contents: file.contents, path: "f")])
  }

  private func strings(_ key: String, _ texts: [String]) -> Data {
    GGUFBytes.entry(
      "tokenizer.ggml.\(key)", array: 8, count: UInt64(texts.count),
      texts.reduce(Data()) { $0 + GGUFBytes.string($1) })
  }

  private func kinds(_ kinds: [Int32]) -> Data {
    GGUFBytes.entry(
      "tokenizer.ggml.token_type", array: 5, count: UInt64(kinds.count),
      kinds.reduce(Data()) { $0 + $1.bytes })
  }

  private var byteLevel: [Data] {
    [
      GGUFBytes.entry("tokenizer.ggml.model", text: "gpt2"),
      strings("tokens", ["<s>", "a", "b", "ab", "Ġ", "Ġab", "<|end|>"]),
      strings("merges", ["a b", "Ġ ab"]), kinds([3, 1, 1, 1, 1, 1, 4]),
      GGUFBytes.entry("tokenizer.ggml.bos_token_id", u32: 0),
    ]
  }

  @Test func `byte-level tokens, merges and added tokens become a tokenizer`() throws {
    let tokenizer = try Tokenizer(
      of: model(byteLevel + [GGUFBytes.entry("tokenizer.ggml.pre", text: "llama-bpe")]))
    #expect(try tokenizer.encode("ab ab<|end|>b") == [0, 3, 5, 6, 2])
    #expect(try tokenizer.encode("ab", addingSpecialTokens: false) == [3])
    #expect(tokenizer.vocabularySize == 7)
  }

  @Test func `whether a text begins with its token follows the file before the name`() throws {
    func ids(_ pre: String, _ flag: Bool?) throws -> [Int32] {
      let entry = flag.map {
        GGUFBytes.entry("tokenizer.ggml.add_bos_token", 7, Data([$0 ? 1 : 0]))
      }
      return try Tokenizer(
        of: model(
          byteLevel + [GGUFBytes.entry("tokenizer.ggml.pre", text: pre)]
            + [entry].compactMap { $0 })
      ).encode("ab")
    }
    #expect(try ids("llama-bpe", nil) == [0, 3])
    #expect(try ids("llama-bpe", false) == [3])
    #expect(try ids("qwen2", nil) == [3])
    #expect(try ids("qwen2", true) == [0, 3])
  }

  @Test func `a way to cut text that is not known is refused by name`() throws {
    let unknown = try model(byteLevel + [GGUFBytes.entry("tokenizer.ggml.pre", text: "brandnew")])
    #expect(
      throws: GGUFError.unsupportedTokenizer(
        file: "f", key: "tokenizer.ggml.pre", found: "brandnew",
        known: GGUFPreTokenizer.all.flatMap(\.names).sorted())
    ) { try Tokenizer(of: unknown) }
    #expect(throws: GGUFError.missingKey(file: "f", key: "tokenizer.ggml.pre")) {
      try Tokenizer(of: model(byteLevel))
    }
  }

  @Test(arguments: [2, 3] as [Int32])
  func `scored pieces are merged as SentencePiece merges them`(unknownKind: Int32) throws {
    let texts = ["<unk>", "<s>", "</s>", "▁", "a", "b", "ab", "▁ab"]
    let scores = [0, 0, 0, -5, -6, -7, -1, -2].reduce(Data()) { $0 + Float($1).bitPattern.bytes }
    let tokenizer = try Tokenizer(
      of: model([
        GGUFBytes.entry("tokenizer.ggml.model", text: "llama"), strings("tokens", texts),
        GGUFBytes.entry("tokenizer.ggml.scores", array: 6, count: 8, scores),
        kinds([unknownKind, 3, 3, 1, 1, 1, 1, 1]),
        GGUFBytes.entry("tokenizer.ggml.bos_token_id", u32: 1),
        GGUFBytes.entry("tokenizer.ggml.eos_token_id", u32: 2),
      ]))
    #expect(try tokenizer.encode("ab ba") == [1, 7, 3, 5, 4])
    #expect(try tokenizer.decode([7, 3, 5, 4]) == "ab ba")
  }

  @Test func `a chat template and the ids that end a text travel along`() throws {
    let source = try model(
      byteLevel + [
        GGUFBytes.entry("tokenizer.ggml.pre", text: "qwen2"),
        GGUFBytes.entry("tokenizer.ggml.eos_token_id", u32: 2),
        GGUFBytes.entry("tokenizer.ggml.eot_token_id", u32: 6),
        GGUFBytes.entry("tokenizer.chat_template", text: "{{ messages }}"),
      ])
    #expect(source.asset("chat_template.jinja") == Data("{{ messages }}".utf8))
    #expect(
      source.asset("generation_config.json")
        == Data(#"{"bos_token_id":0,"eos_token_id":[2,6]}"#.utf8))
  }
}
