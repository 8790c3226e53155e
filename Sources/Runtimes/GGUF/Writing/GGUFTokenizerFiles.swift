// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors
import Tokenization

/// The files of a checkpoint that say something of its tokenizer.
struct GGUFTokenizerFiles {
  /// `tokenizer.json`.
  let tokenizer: JSONValue?
  /// `tokenizer_config.json`.
  let configuration: JSONValue?
  /// `generation_config.json`.
  let generation: JSONValue?
  /// `added_tokens.json`.
  let addedTokens: JSONValue?
  /// `vocab.json` and `merges.txt`.
  let vocabulary: JSONValue?
  let merges: String?
  /// How dialogues are written out; the first is the usual one.
  private(set) var templates: [(name: String, text: String)] = []
  private let source: any ModelSource

  /// - Throws: ``GGUFWritingError/noTokenizer``, or the tokenizer's own error where a file is malformed.
  init(of source: any ModelSource) throws {
    func read(_ name: String) throws -> JSONValue? {
      try source.asset(name).map { try JSONReader.read($0, path: "\(source.path)/\(name)") }
    }
    self.source = source
    tokenizer = try read("tokenizer.json")
    configuration = try read("tokenizer_config.json")
    generation = try read("generation_config.json")
    addedTokens = try read("added_tokens.json")
    vocabulary = try read("vocab.json")
    merges = try source.asset("merges.txt").map {
      try Tokenizer.text(from: $0, path: "\(source.path)/merges.txt")
    }
    guard
      tokenizer != nil || source.asset("tokenizer.model") != nil
        || vocabulary != nil && merges != nil
    else { throw source.absence(of: "tokenizer.json") ?? GGUFWritingError.noTokenizer }
    try readTemplates()
  }

  private mutating func readTemplates() throws {
    switch configuration?["chat_template"] {
    case .string(let text)?: templates = [("default", text)]
    case .array(let list)?:
      templates = list.compactMap { template in
        template["name"]?.text.flatMap { name in
          template["template"]?.text.map { (name, $0) }
        }
      }
      // The usual one stands first, whatever the file's order.
      if let place = templates.firstIndex(where: { $0.name == "default" }) {
        templates.insert(templates.remove(at: place), at: 0)
      }
    default:
      if let data = source.asset("chat_template.jinja") {
        let path = "\(source.path)/chat_template.jinja"
        templates = [("default", try Tokenizer.text(from: data, path: path))]
      } else if let data = source.asset("chat_template.json"),
        let text = try JSONReader.read(data, path: "\(source.path)/chat_template.json")[
          "chat_template"]?.text
      {
        templates = [("default", text)]
      }
    }
  }

  /// The token of a part, as `tokenizer_config.json` spells it, or nil.
  func token(_ role: String) -> String? {
    let value = configuration?["\(role)_token"]
    return value?.text ?? value?["content"]?.text
  }

  /// Whether `tokenizer_config.json` says that texts get a token.
  func adds(_ role: String) -> Bool? {
    guard case .bool(let flag)? = configuration?["add_\(role)_token"] else { return nil }
    return flag
  }

  /// What `tokenizer.json` puts before and after a text; nil where there is none.
  func frame() throws -> (before: [Int32], after: [Int32])? {
    guard tokenizer != nil else { return nil }
    return try Tokenizer(of: source).frame
  }

  /// The added tokens, those of `tokenizer.json` before others.
  ///
  /// - Throws: ``GGUFWritingError/tokenizer(problem:)`` where an id is out of range.
  func added() throws -> [GGUFAddedToken] {
    var found: [GGUFAddedToken] = []
    if case .array(let list)? = tokenizer?["added_tokens"] {
      found = list.compactMap { GGUFAddedToken($0, id: $0["id"]) }
    } else {
      if case .object(let members)? = addedTokens {
        found = members.compactMap { member in
          GGUFAddedToken(.object([("content", .string(member.key))]), id: member.value)
        }
      }
      if case .object(let members)? = configuration?["added_tokens_decoder"] {
        found += members.compactMap { member in
          GGUFAddedToken(member.value, id: Int(member.key).map(JSONValue.integer))
        }
      }
    }
    if let wrong = found.first(where: { !(0..<1 << 28).contains($0.id) }) {
      throw GGUFWritingError.tokenizer(
        problem: "the token \(wrong.text.quoted) has the id \(wrong.id)")
    }
    return found
  }
}

/// A token that text may spell, whatever the model makes of the rest.
struct GGUFAddedToken {
  let id: Int
  let text: String
  let isSpecial: Bool

  /// Nil where a value says no token.
  fileprivate init?(_ value: JSONValue, id: JSONValue?) {
    guard let text = value["content"]?.text, case .integer(let id)? = id else { return nil }
    self.id = id
    self.text = text
    isSpecial = (value["special"]?.isTrue ?? false) || Self.looksSpecial(text)
  }

  /// Whether a token is one for control though it isn't marked so, by llama.cpp's list of such.
  private static func looksSpecial(_ text: String) -> Bool {
    ["<pad>", "<mask>", "<2mass>", "[@BOS@]"].contains(text)
      || text.hasPrefix("<|") && text.hasSuffix("|>")
      || text.hasPrefix("<\u{FF5C}") && text.hasSuffix("\u{FF5C}>")
      || text.hasPrefix("<unused") && text.hasSuffix(">")
  }
}
