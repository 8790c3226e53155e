// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors
import Tokenization

/// The strings of all tokens, as many as there are embeddings: CTranslate2's callers speak of tokens by
/// them.
struct CTranslate2Vocabulary {
  let tokens: [String]
  private let ids: [String: Int]

  /// Takes the tokens of the model's tokenizer, or of a `vocabulary.json` that came with it.
  ///
  /// Ids without a token get names that no other has; tokens without an embedding are left out.
  /// - Parameter size: the number of embeddings.
  /// - Throws: ``RuntimeError/vocabulary(format:problem:)`` or `TokenizationError`.
  init(of source: any ModelSource, size: Int) throws {
    let given = try Self.given(by: source) ?? Self.tokens(of: source, size: size)
    var ids: [String: Int] = [:]
    for (id, token) in given.prefix(size).enumerated() {
      guard let token else { continue }
      if let other = ids.updateValue(id, forKey: token) {
        throw RuntimeError.vocabulary(
          format: CTranslate2.name,
          problem: "the tokens \(other) and \(id) are both \(token.quoted)")
      }
    }
    var tokens: [String] = []
    var padding = 0
    for id in 0..<size {
      if id < given.count, let token = given[id] {
        tokens.append(token)
        continue
      }
      // As the runtime's own converter calls them.
      while ids["<extra_id_\(padding)>"] != nil { padding += 1 }
      ids["<extra_id_\(padding)>"] = id
      tokens.append("<extra_id_\(padding)>")
    }
    self.tokens = tokens
    self.ids = ids
  }

  func has(_ token: String) -> Bool { ids[token] != nil }

  /// The tokens of a folder that was read.
  private static func given(by source: any ModelSource) throws -> [String?]? {
    guard let data = source.asset(CTranslate2.vocabularyName) else { return nil }
    guard let tokens = try? JSONDecoder().decode([String].self, from: data) else {
      throw RuntimeError.vocabulary(
        format: CTranslate2.name, problem: "vocabulary.json is no list of strings")
    }
    return tokens
  }

  private static func tokens(of source: any ModelSource, size: Int) throws -> [String?] {
    let tokenizer: Tokenizer
    do {
      tokenizer = try Tokenizer(path: source.path) { name in
        if let data = source.asset(name) { return data }
        if let reason = source.absence(of: name) { throw reason }
        return nil
      }
    } catch TokenizationError.missingFile {
      throw RuntimeError.vocabulary(format: CTranslate2.name, problem: "the model has no tokenizer")
    }
    return (0..<size).map { Int32(exactly: $0).flatMap(tokenizer.token(of:)) }
  }
}
