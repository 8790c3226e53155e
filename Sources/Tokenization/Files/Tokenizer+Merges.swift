// SPDX-License-Identifier: Apache-2.0

import Foundation

extension Tokenizer {
  static let vocabularyFileName = "vocab.json"
  static let mergesFileName = "merges.txt"

  /// The tokenizer of a vocabulary and a list of merges, as checkpoints carried them before there was
  /// `tokenizer.json`.
  ///
  /// These files don't say how text is cut; the class that `tokenizer_config.json` names does, and
  /// GPT-2's way is taken where it names none. The parts are those into which the reference library
  /// converts that class.
  convenience init(
    vocabulary: Data, merges: Data, path: String, configuration: TokenizerConfiguration
  ) throws {
    let vocabularyPath = "\(path)/\(Self.vocabularyFileName)"
    let tokens = try JSONReader.read(vocabulary, path: vocabularyPath)
    let lines = try Self.text(from: merges, path: "\(path)/\(Self.mergesFileName)")
      .utf8.split(separator: UInt8(ascii: "\n"))
      .map { String($0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0) ?? "" }
    let model = JSONValue.object([
      ("type", .string("BPE")), ("vocab", tokens),
      ("merges", .array(lines.filter { !$0.hasPrefix("#version") }.map(JSONValue.string))),
    ])
    let parts = try Self.parts(of: configuration)
    var configuration = configuration
    configuration.setDefaultTokens("<|endoftext|>")
    let added = configuration.allAddedTokens { name in
      if case .integer(let id)? = tokens[name] { Int32(exactly: id) } else { nil }
    }
    let document = JSONValue.object(
      parts + [("model", model), ("added_tokens", .array(added))])
    let plain = try Tokenizer(document: document, path: vocabularyPath)
    let frame = try configuration.frame { plain.id(of: $0) }
    self.init(plain, postProcessor: frame)
  }

  private static func parts(of configuration: TokenizerConfiguration) throws
    -> [(key: String, value: JSONValue)]
  {
    func byteLevel(splits: Bool) -> JSONValue {
      .object([
        ("type", .string("ByteLevel")),
        ("add_prefix_space", .bool(configuration.addsPrefixSpace ?? false)),
        ("use_regex", .bool(splits)),
      ])
    }
    switch configuration.tokenizerClass {
    case nil, "GPT2Tokenizer", "CodeGenTokenizer", "PreTrainedTokenizer":
      return [("pre_tokenizer", byteLevel(splits: true)), ("decoder", byteLevel(splits: true))]
    case "Qwen2Tokenizer":
      let split = JSONValue.object([
        ("type", .string("Split")), ("pattern", .object([("Regex", .string(Self.qwenPattern))])),
        ("behavior", .string("Isolated")),
      ])
      return [
        ("normalizer", .object([("type", .string("NFC"))])),
        (
          "pre_tokenizer",
          .object([
            ("type", .string("Sequence")),
            ("pretokenizers", .array([split, byteLevel(splits: false)])),
          ])
        ),
        ("decoder", byteLevel(splits: false)),
      ]
    case let name?:
      throw TokenizationError.unsupportedOption(
        path: configuration.path, key: "tokenizer_class", value: name)
    }
  }

  /// How Qwen 2 cuts text: words with one character before them, single digits, runs of marks.
  private static let qwenPattern =
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}|"#
    + #" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
}
