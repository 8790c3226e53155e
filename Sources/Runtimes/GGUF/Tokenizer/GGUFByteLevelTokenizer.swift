// SPDX-License-Identifier: Apache-2.0

import Tensors

/// `tokenizer.json` of a byte-level BPE.
struct GGUFByteLevelTokenizer {
  private(set) var document: JSONDocument = .null
  /// Whether a text begins with the token for it.
  let addsBeginning: Bool

  /// - Throws: ``GGUFError`` where merges are missing or the way to cut text is none that is known.
  init(_ metadata: GGUFMetadata, tokens: GGUFTokens) throws {
    let (mergesKey, nameKey) = ("tokenizer.ggml.merges", "tokenizer.ggml.pre")
    guard let merges = try metadata.texts(mergesKey) else {
      throw GGUFError.missingKey(file: metadata.file.path, key: mergesKey)
    }
    guard let name = try metadata.text(nameKey) else {
      throw GGUFError.missingKey(file: metadata.file.path, key: nameKey)
    }
    guard let rules = GGUFPreTokenizer.named(name) else {
      throw GGUFError.unsupportedTokenizer(
        file: metadata.file.path, key: nameKey, found: name,
        known: GGUFPreTokenizer.all.flatMap(\.names).sorted())
    }
    addsBeginning = tokens.addsBeginning ?? rules.addsBeginning
    let added = tokens.ids(of: [.control, .userDefined, .unknown])
    let isAdded = Set(added)
    let vocabulary = tokens.texts.indices.filter { !isAdded.contains($0) }.map {
      JSONDocument.Member(name: tokens.texts[$0], value: .integer($0))
    }
    let addedTokens = added.map { id in
      JSONDocument.object([.init(name: "id", value: .integer(id))] + tokens.added(id))
    }
    document = [
      "version": "1.0", "truncation": .null, "padding": .null,
      "added_tokens": .list(addedTokens),
      "normalizer": rules.composes ? ["type": "NFC"] : .null,
      "pre_tokenizer": rules.document,
      "post_processor": Self.frame(
        before: addsBeginning ? tokens.beginning : nil, after: tokens.addsEnd ? tokens.end : nil,
        tokens: tokens),
      "decoder": Self.byteLevel(splits: true),
      "model": [
        "type": "BPE", "dropout": .null, "unk_token": .null, "continuing_subword_prefix": .null,
        "end_of_word_suffix": .null, "fuse_unk": .flag(false), "byte_fallback": .flag(false),
        "ignore_merges": .flag(rules.ignoresMerges), "vocab": .object(vocabulary),
        "merges": .list(merges.map(JSONDocument.text)),
      ],
    ]
  }

  static func byteLevel(splits: Bool) -> JSONDocument {
    [
      "type": "ByteLevel", "add_prefix_space": .flag(false), "trim_offsets": .flag(true),
      "use_regex": .flag(splits),
    ]
  }

  /// The post-processor that puts a token before and after a text.
  private static func frame(before: Int?, after: Int?, tokens: GGUFTokens) -> JSONDocument {
    let ids = [before, after].compactMap { $0 }
    guard !ids.isEmpty else { return byteLevel(splits: true) }
    func special(_ id: Int) -> JSONDocument {
      ["SpecialToken": ["id": .text(tokens.texts[id]), "type_id": .integer(0)]]
    }
    func sequence(_ name: String) -> JSONDocument {
      ["Sequence": ["id": .text(name), "type_id": .integer(name == "A" ? 0 : 1)]]
    }
    let (start, end) = (before.map { [special($0)] } ?? [], after.map { [special($0)] } ?? [])
    let used = Set(ids).sorted().map { id in
      JSONDocument.Member(
        name: tokens.texts[id],
        value: [
          "id": .text(tokens.texts[id]), "ids": .list([.integer(id)]),
          "tokens": .list([.text(tokens.texts[id])]),
        ])
    }
    return [
      "type": "TemplateProcessing", "single": .list(start + [sequence("A")] + end),
      "pair": .list(start + [sequence("A")] + end + start + [sequence("B")] + end),
      "special_tokens": .object(used),
    ]
  }
}

extension GGUFPreTokenizer {
  /// As `tokenizer.json` has it.
  fileprivate var document: JSONDocument {
    func split(_ pattern: String) -> JSONDocument {
      [
        "type": "Split", "pattern": ["Regex": .text(pattern)], "behavior": "Isolated",
        "invert": .flag(false),
      ]
    }
    var parts = patterns.map(split)
    if isFalcon { parts.append(["type": "Punctuation", "behavior": "Contiguous"]) }
    parts.append(GGUFByteLevelTokenizer.byteLevel(splits: splitsLikeGPT2))
    if isFalcon {
      parts.append(["type": "Digits", "individual_digits": .flag(false)])
      parts.append(split("[0-9][0-9][0-9]"))
    }
    return ["type": "Sequence", "pretokenizers": .list(parts)]
  }
}
