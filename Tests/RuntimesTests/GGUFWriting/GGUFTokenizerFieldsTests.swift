// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors
import TestSupport
import Testing
import Tokenization

@testable import Runtimes

/// Tokenizers as metadata, and back.
@Suite struct GGUFTokenizerFieldsTests {
  private struct Entry: Decodable {
    var text: String
    var ids: [Int32]
  }

  /// The tokenizer of a folder of the fixtures, as it comes back from a file.
  private func tokenizer(
    _ name: String, count: Int = 1100, configuration: String = "{}"
  ) throws -> (fields: GGUFTokenizerFields, tokenizer: Tokenizer) {
    let folder = Fixtures.folder.appending(path: "tokenizers/\(name)")
    let assets = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map {
      Asset(name: $0, contents: try Data(contentsOf: folder.appending(path: $0)))
    }
    let fields = try GGUFTokenizerFields(
      of: AssetsOnly(assets: assets),
      configuration: GGUFCheckpointConfiguration(
        JSONReader.read(Data(configuration.utf8), path: "config.json")), rowCount: count)
    return (fields, try Tokenizer(of: read(fields.fields)))
  }

  private func read(_ fields: [GGUFField]) throws -> GGUFModel {
    let header = GGUFHeader(fields: fields, tensors: [])
    return try GGUFModel(
      path: "f", files: [GGUFFile(contents: Data(header.bytes), path: "f")])
  }

  /// Kind, the name of how text is cut, and texts that llama.cpp cuts otherwise: it composes no
  /// characters, and writes a space before a text that begins with one and after special tokens.
  private static let kinds: [(String, String, @Sendable (String) -> Bool)] = [
    ("llama3", "llama-bpe", { _ in false }), ("qwen2", "qwen2", { _ in false }),
    ("phi2", "gpt-2", { _ in false }), ("gpt-neox", "gpt-2", { $0.contains("e\u{301}") }),
    ("falcon", "falcon", { _ in false }), ("llama2", "default", { _ in false }),
    ("mistral", "default", { $0.hasPrefix(" ") || $0.contains("<s>") }),
    ("gemma", "default", { _ in false }),
  ]

  @Test(arguments: kinds.indices)
  func `golden texts give the same ids when the tokenizer comes back`(index: Int) throws {
    let (kind, pre, differs) = Self.kinds[index]
    let (fields, tokenizer) = try tokenizer(kind)
    #expect(fields.fields.contains(GGUFField("tokenizer.ggml.pre", .text(pre))))
    let file = Fixtures.folder.appending(path: "tokenizers/\(kind)/golden.json")
    var count = 0
    for entry in try JSONDecoder().decode([Entry].self, from: Data(contentsOf: file))
    where !differs(entry.text) {
      #expect(try tokenizer.encode(entry.text) == entry.ids, "\(entry.text)")
      count += 1
    }
    #expect(count > 15)
  }

  @Test func `published ways to cut text have llama cpp's names`() throws {
    struct Published: Decodable {
      var name: String
    }
    let file = Fixtures.folder.appending(path: "tokenizers/published.json")
    let data = try Data(contentsOf: file)
    guard case .array(let entries) = try JSONReader.read(data, path: "published.json") else {
      Issue.record("no list")
      return
    }
    let expected = [
      "gpt2": "gpt-2", "gpt-oss": "gpt-4o", "mistral-nemo": "tekken", "qwen3": "qwen2",
      "deepseek-v3": "deepseek-v3", "bloom": "bloom", "starcoder2": "starcoder",
      "command-r": "starcoder", "opt": "gpt-2",
    ]
    for entry in entries {
      guard let name = entry["name"]?.text, let tokenizer = entry["tokenizer"] else { continue }
      #expect(GGUFPreTokenizer.of(tokenizer)?.names.first == expected[name], "\(name)")
    }
  }

  @Test func `every row has a token, and special ones have their parts`() throws {
    let fields = try tokenizer("llama3", count: 1030).fields.fields
    func value(_ key: String) -> GGUFField.Value? {
      fields.first { $0.key == "tokenizer.ggml.\(key)" }?.value
    }
    guard case .texts(let tokens)? = value("tokens"),
      case .integers(let kinds)? = value("token_type")
    else {
      Issue.record("no tokens")
      return
    }
    #expect(tokens.count == 1030 && kinds.count == 1030)
    #expect(tokens[0] == "<|begin_of_text|>" && kinds[0] == 3)
    #expect(tokens[1029] == "[PAD1029]" && kinds[1029] == 5)
    #expect(value("bos_token_id") == .u32(0 as UInt32) && value("eos_token_id") == nil)
    #expect(value("add_bos_token") == .flag(true) && value("add_eos_token") == .flag(false))
  }

  @Test func `a tokenizer that llama cpp has no counterpart for is refused`() throws {
    #expect(
      throws: GGUFWritingError.tokenizer(
        problem: "the tokenizer is a Unigram model, for which llama.cpp has no counterpart")
    ) { try tokenizer("unigram") }
    #expect {
      try tokenizer("llama3", count: 300)
    } throws: { error in
      "\(error)".contains("but the embedding has only 300 rows")
    }
  }

  @Test func `pieces of a SentencePiece model keep scores and kinds`() throws {
    let folder = Fixtures.folder.appending(path: "tokenizers/older")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter {
      FileManager.default.fileExists(
        atPath: folder.appending(path: "\($0)/tokenizer.model").path)
    }
    for name in names {
      let data = try Data(contentsOf: folder.appending(path: "\(name)/tokenizer.model"))
      let file = try SentencePieceFile(data, path: name)
      let fields = try tokenizer("older/\(name)", count: 3000).fields.fields
      guard case .floats(let scores)? = fields.first(where: { $0.key.hasSuffix("scores") })?.value,
        case .texts(let texts)? = fields.first(where: { $0.key.hasSuffix("tokens") })?.value
      else {
        Issue.record("no scores")
        continue
      }
      let plain = file.pieces.indices.filter { file.pieces[$0].kind == .normal }
      #expect(plain.count > 100)
      #expect(plain.allSatisfy { scores[$0] == file.pieces[$0].score })
      #expect(plain.allSatisfy { texts[$0] == file.pieces[$0].text })
    }
    #expect(!names.isEmpty)
  }
}

/// A model that is only its small files.
private struct AssetsOnly: ModelSource {
  let assets: [Asset]
  var path: String { "f" }
  var format: String { "test" }
  var byteCount: Int { 0 }
  var tensors: [TensorDescription] { [] }

  func description(of name: String) -> TensorDescription? { nil }

  func withStoredBytes<Result>(
    of name: String, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result { throw FileError.notFound(path: name) }

  func read(
    _ name: String, elements: Range<Int>, into buffer: UnsafeMutableBufferPointer<Float>
  ) throws { throw FileError.notFound(path: name) }
}
