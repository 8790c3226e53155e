// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors

/// A tokenizer's files, made from a file's `tokenizer.` metadata.
///
/// Byte-level BPE becomes `tokenizer.json`, SentencePiece `tokenizer.model`; what is added to texts,
/// the chat template and the ids that end a text become the files that usually say so.
struct GGUFTokenizer {
  static let modelKey = "tokenizer.ggml.model"
  static let templateKey = "tokenizer.chat_template"
  /// Metadata keys of ids, and what `config.json` calls them.
  static let idNames = [
    ("tokenizer.ggml.bos_token_id", "bos_token_id"),
    ("tokenizer.ggml.eos_token_id", "eos_token_id"),
    ("tokenizer.ggml.padding_token_id", "pad_token_id"),
  ]

  /// The files, in no order.
  private(set) var assets: [Asset] = []

  /// - Throws: ``GGUFError`` where there is no tokenizer, or one that can't be put together.
  init(of metadata: GGUFMetadata) throws {
    guard let model = try metadata.text(Self.modelKey) else {
      throw GGUFError.missingKey(file: metadata.file.path, key: Self.modelKey)
    }
    let tokens = try GGUFTokens(metadata)
    switch model {
    case "gpt2":
      let bpe = try GGUFByteLevelTokenizer(metadata, tokens: tokens)
      add("tokenizer.json", bpe.document)
      add("tokenizer_config.json", tokens.configuration(addsBeginning: bpe.addsBeginning))
    case "llama":
      assets.append(
        Asset(
          name: "tokenizer.model",
          contents: try GGUFSentencePiece(metadata, tokens: tokens).message))
      add("tokenizer_config.json", tokens.sentencePieceConfiguration)
    default:
      throw GGUFError.unsupportedTokenizer(
        file: metadata.file.path, key: Self.modelKey, found: model, known: ["gpt2", "llama"])
    }
    if let template = try metadata.text(Self.templateKey) {
      assets.append(Asset(name: "chat_template.jinja", contents: Data(template.utf8)))
    }
    var generation: [JSONDocument.Member] = []
    for (key, name) in Self.idNames {
      guard let id = try metadata.integer(key, in: 0...1 << 28) else { continue }
      var value = JSONDocument.integer(id)
      if name == "eos_token_id",
        let turn = try metadata.integer("tokenizer.ggml.eot_token_id", in: 0...1 << 28), turn != id
      {
        value = .list([value, .integer(turn)])
      }
      generation.append(JSONDocument.Member(name: name, value: value))
    }
    if !generation.isEmpty { add("generation_config.json", .object(generation)) }
  }

  private mutating func add(_ name: String, _ document: JSONDocument) {
    assets.append(Asset(name: name, contents: document.data))
  }
}
