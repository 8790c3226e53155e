// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What the small JSON files beside a vocabulary add to it: `tokenizer_config.json` and the older
/// `added_tokens.json`.
///
/// `tokenizer.json` says all this itself; these files count only where it is absent.
struct TokenizerConfiguration {
  static let fileName = "tokenizer_config.json"
  static let addedTokensFileName = "added_tokens.json"

  /// The file, for messages.
  let path: String
  /// The class that the reference library would use, without `Fast` at its end.
  var tokenizerClass: String?
  var addsBeginning = false
  var addsEnd = false
  /// Nil where the file leaves it to the class.
  var addsPrefixSpace: Bool?
  /// Whether text after an added token gets a space before it.
  var isLegacy = false
  var beginningToken: String?
  var endToken: String?
  var unknownToken: String?
  var paddingToken: String?
  /// Added tokens as `tokenizer.json` writes them.
  var addedTokens: [JSONValue] = []

  /// - Parameters:
  ///   - path: the folder or model, for messages.
  ///   - asset: returns the contents of the file of a name, or nil.
  init(path: String, asset: (String) throws -> Data?) throws {
    self.path = "\(path)/\(Self.fileName)"
    if let data = try asset(Self.fileName) {
      try read(Part(path: self.path, key: "", value: JSONReader.read(data, path: self.path)))
    }
    if addedTokens.isEmpty, let data = try asset(Self.addedTokensFileName) {
      let path = "\(path)/\(Self.addedTokensFileName)"
      guard case .object(let members) = try JSONReader.read(data, path: path) else {
        throw TokenizationError.wrongValue(
          path: path, key: "", expected: "an object", found: "something else")
      }
      addedTokens = members.map { Self.addedToken($0.key, id: $0.value) }
    }
  }

  private mutating func read(_ part: Part) throws {
    tokenizerClass = try part.optionalString("tokenizer_class").map {
      $0.hasSuffix("Fast") ? String($0.dropLast(4)) : $0
    }
    addsBeginning = try part.bool("add_bos_token", default: false)
    addsEnd = try part.bool("add_eos_token", default: false)
    addsPrefixSpace = try part.optionalBool("add_prefix_space")
    isLegacy = try part.bool("legacy", default: false)
    beginningToken = try part.optionalToken("bos_token")
    endToken = try part.optionalToken("eos_token")
    unknownToken = try part.optionalToken("unk_token")
    paddingToken = try part.optionalToken("pad_token")
    guard part.optional("added_tokens_decoder") != nil else { return }
    for (id, value) in try part.object("added_tokens_decoder") {
      guard case .object(let members) = value, let number = Int(id) else {
        throw part.wrong("added_tokens_decoder.\(id)", expected: "a token by its id", found: value)
      }
      addedTokens.append(.object(members + [("id", .integer(number))]))
    }
  }

  /// Gives the special tokens that the file doesn't name the name that GPT-2's class has for them.
  mutating func setDefaultTokens(_ name: String) {
    beginningToken = beginningToken ?? name
    endToken = endToken ?? name
    unknownToken = unknownToken ?? name
  }

  /// The added tokens, and the named special tokens where `id` knows them.
  func allAddedTokens(id: (String) -> Int32?) -> [JSONValue] {
    let names = [beginningToken, endToken, unknownToken, paddingToken].compactMap { $0 }
    var result = addedTokens
    for name in names where !result.contains(where: { Self.spells($0, name) }) {
      if let id = id(name) { result.append(Self.addedToken(name, id: .integer(Int(id)))) }
    }
    return result
  }

  private static func spells(_ token: JSONValue, _ name: String) -> Bool {
    guard case .string(let content)? = token["content"] else { return false }
    return content.utf8.elementsEqual(name.utf8)
  }

  /// A special token as `tokenizer.json` writes it.
  private static func addedToken(_ content: String, id: JSONValue) -> JSONValue {
    .object([
      ("content", .string(content)), ("id", id), ("special", .bool(true)),
      ("normalized", .bool(false)),
    ])
  }
}

extension Part {
  fileprivate func optionalBool(_ member: String) throws -> Bool? {
    optional(member) == nil ? nil : try bool(member, default: false)
  }

  /// A token, given as a string or as an object with its `content`.
  fileprivate func optionalToken(_ member: String) throws -> String? {
    if case .object? = optional(member) { return try part(member).string("content") }
    return try optionalString(member)
  }
}
