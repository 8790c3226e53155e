// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors
import Tokenization

/// A checkpoint's tokenizer as `tokenizer.` metadata: the reverse of ``GGUFTokenizer``.
///
/// `tokenizer.model` comes before `tokenizer.json`, for it has the scores by which llama.cpp merges.
struct GGUFTokenizerFields {
  private(set) var fields: [GGUFField] = []
  /// In what texts are cut otherwise, a sentence each.
  private(set) var notes: [String] = []
  private let files: GGUFTokenizerFiles

  /// - Parameters:
  ///   - rowCount: the embedding's rows, each of which has a token.
  /// - Throws: ``GGUFWritingError``, or the tokenizer's own error.
  init(
    of source: any ModelSource, configuration: GGUFCheckpointConfiguration, rowCount: Int
  ) throws {
    files = try GGUFTokenizerFiles(of: source)
    let tokens: GGUFTokenList
    if let data = source.asset("tokenizer.model") {
      let pieces = try SentencePieceFile(data, path: "\(source.path)/tokenizer.model")
      try pieces.requireBytePairs()
      tokens = try .init(of: pieces, files: files, rowCount: rowCount)
      add("model", .text("llama"))
      add("pre", .text("default"))
    } else if let json = files.tokenizer, json["model"]?["byte_fallback"]?.isTrue == true {
      let pieces = try GGUFMergedPieces(json, files: files)
      notes += pieces.notes
      tokens = try .init(of: pieces, files: files, rowCount: rowCount)
      add("model", .text("llama"))
      add("pre", .text("default"))
    } else {
      let bytes = try GGUFByteLevelPieces(files)
      notes += bytes.notes
      tokens = try .init(of: bytes, files: files, rowCount: rowCount)
      add("model", .text("gpt2"))
      add("pre", .text(bytes.preTokenizer))
    }
    add("tokens", .texts(tokens.texts))
    if let scores = tokens.scores { add("scores", .floats(scores)) }
    add("token_type", .integers(tokens.kinds.map { Int32($0.rawValue) }))
    if let merges = tokens.merges { add("merges", .texts(merges)) }
    if let adds = tokens.addsSpacePrefix { add("add_space_prefix", .flag(adds)) }
    if tokens.removesExtraSpaces { add("remove_extra_whitespaces", .flag(true)) }
    try addIDs(tokens, configuration)
    addTemplates()
  }

  private mutating func add(_ key: String, _ value: GGUFField.Value) {
    fields.append(GGUFField("tokenizer.ggml.\(key)", value))
  }

  /// The ids of tokens with a part of their own, and whether texts get them.
  private mutating func addIDs(
    _ tokens: GGUFTokenList, _ configuration: GGUFCheckpointConfiguration
  ) throws {
    let frame = try files.frame()
    let ends = ["bos": frame?.before, "eos": frame?.after]
    var ids: [String: Int] = [:]
    for (role, key) in Self.roles {
      // Nobody need name a token that stands before or after every text.
      let named = files.token(role).flatMap { tokens.id(of: $0) }
      let framing = ends[role].flatMap { $0 }.flatMap { $0.count == 1 ? Int($0[0]) : nil }
      guard let id = try named ?? framing ?? configuration.id(role),
        tokens.texts.indices.contains(id)
      else { continue }
      ids[role] = id
      add(key, .u32(id))
    }
    if let turn = try endOfTurn(besides: ids["eos"]), tokens.texts.indices.contains(turn) {
      add("eot_token_id", .u32(turn))
    }
    for role in ["bos", "eos"] {
      let end = ends[role].flatMap { $0 }
      let isUsual = end.map { $0.isEmpty || $0.count == 1 && Int($0[0]) == ids[role] } ?? true
      if !isUsual {
        notes.append(
          "texts begin or end with other tokens than the \(role) token, which llama.cpp can't add")
      }
      if let adds = end.map({ isUsual && !$0.isEmpty }) ?? files.adds(role) {
        add("add_\(role)_token", .flag(adds))
      }
    }
  }

  private static let roles = [
    ("bos", "bos_token_id"), ("eos", "eos_token_id"), ("unk", "unknown_token_id"),
    ("sep", "seperator_token_id"), ("pad", "padding_token_id"), ("mask", "mask_token_id"),
  ]

  /// The token that ends a turn, where generation is said to end at one token beside the usual one.
  private func endOfTurn(besides end: Int?) throws -> Int? {
    guard case .array(let list)? = files.generation?["eos_token_id"] else { return nil }
    let others = list.compactMap { value -> Int? in
      if case .integer(let id) = value, id != end { id } else { nil }
    }
    return others.count == 1 ? others[0] : nil
  }

  private mutating func addTemplates() {
    for (index, template) in files.templates.enumerated() {
      let suffix = index == 0 ? "" : ".\(template.name)"
      fields.append(GGUFField(GGUFTokenizer.templateKey + suffix, .text(template.text)))
    }
    if files.templates.count > 1 {
      fields.append(
        GGUFField("tokenizer.chat_templates", .texts(files.templates.dropFirst().map(\.name))))
    }
  }
}

extension GGUFCheckpointConfiguration {
  /// The id of a token with a part of its own; nil where there is none, or a list of them.
  fileprivate func id(_ role: String) throws -> Int? {
    guard case .integer(let id)? = self["\(role)_token_id"], id >= 0 else { return nil }
    return id
  }
}
