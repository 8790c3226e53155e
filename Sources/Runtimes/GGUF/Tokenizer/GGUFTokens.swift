// SPDX-License-Identifier: Apache-2.0

import Tensors

/// The tokens of a file and what is said of them.
struct GGUFTokens {
  /// What a token is for; the raw values are the format's.
  enum Kind: Int {
    case normal = 1
    case unknown
    case control
    case userDefined
    case unused
    case byte
  }

  /// By id.
  let texts: [String]
  let kinds: [Kind]
  let beginning: Int?
  let end: Int?
  let unknown: Int?
  /// Nil where the file leaves it to the kind of tokenizer.
  let addsBeginning: Bool?
  let addsEnd: Bool

  /// - Throws: ``GGUFError`` where something is missing or of the wrong length.
  init(_ metadata: GGUFMetadata) throws {
    let key = "tokenizer.ggml.tokens"
    guard let texts = try metadata.texts(key) else {
      throw GGUFError.missingKey(file: metadata.file.path, key: key)
    }
    self.texts = texts
    let kindKey = "tokenizer.ggml.token_type"
    let numbers = try metadata.integers(kindKey) ?? texts.map { _ in Kind.normal.rawValue }
    guard numbers.count == texts.count else {
      throw metadata.wrong(
        kindKey, expected: "\(texts.count) numbers", found: "\(numbers.count) of them")
    }
    kinds = try numbers.map { number in
      guard let kind = Kind(rawValue: number) else {
        throw metadata.wrong(kindKey, expected: "numbers from 1 to 6", found: "\(number)")
      }
      return kind
    }
    // An id beyond the tokens is ignored, as in the format's reference implementation.
    func id(_ name: String) throws -> Int? {
      try metadata.integer("tokenizer.ggml.\(name)_token_id")
        .flatMap { texts.indices.contains($0) ? $0 : nil }
    }
    beginning = try id("bos")
    end = try id("eos")
    unknown = try id("unknown")
    addsBeginning = try metadata.flag("tokenizer.ggml.add_bos_token")
    addsEnd = try metadata.flag("tokenizer.ggml.add_eos_token") ?? false
  }

  /// The ids of tokens that are found in text before anything else.
  func ids(of kinds: Set<Kind>) -> [Int] {
    texts.indices.filter { kinds.contains(self.kinds[$0]) && !texts[$0].isEmpty }
  }

  /// A token as the lists of added tokens have it.
  func added(_ id: Int) -> [JSONDocument.Member] {
    [
      .init(name: "content", value: .text(texts[id])),
      .init(name: "single_word", value: .flag(false)), .init(name: "lstrip", value: .flag(false)),
      .init(name: "rstrip", value: .flag(false)), .init(name: "normalized", value: .flag(false)),
      .init(name: "special", value: .flag(kinds[id] != .userDefined)),
    ]
  }

  /// `tokenizer_config.json`.
  func configuration(addsBeginning: Bool) -> JSONDocument {
    func token(_ id: Int?) -> JSONDocument { id.map { .text(texts[$0]) } ?? .null }
    return [
      "add_bos_token": .flag(addsBeginning && beginning != nil),
      "add_eos_token": .flag(addsEnd && end != nil),
      "bos_token": token(beginning), "eos_token": token(end), "unk_token": token(unknown),
    ]
  }

  /// `tokenizer_config.json` beside a `tokenizer.model`, with the tokens that text may spell though
  /// they are not the model's own to find.
  var sentencePieceConfiguration: JSONDocument {
    guard case .object(var members) = configuration(addsBeginning: addsBeginning ?? true) else {
      return .null
    }
    members.append(.init(name: "tokenizer_class", value: "LlamaTokenizer"))
    // llama.cpp writes a space before every stretch of text, also after a control token.
    members.append(.init(name: "legacy", value: .flag(true)))
    members.append(
      .init(
        name: "added_tokens_decoder",
        value: .object(
          ids(of: [.control, .unknown]).map { .init(name: "\($0)", value: .object(added($0))) })))
    return .object(members)
  }
}
