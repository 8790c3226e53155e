// SPDX-License-Identifier: Apache-2.0

/// The added tokens of a tokenizer.
struct AddedTokens: Sendable {
  /// Finds those that are looked for in the text as it is.
  let plain: AddedTokenFinder
  /// Finds those that are looked for after normalization.
  let normalized: AddedTokenFinder
  private let byID: [Int32: AddedToken]
  private let ids: ByteTable
  private let normalizedForms: [Int32: String]
  /// How many of them the model doesn't list.
  let countOutsideModel: Int

  /// - Throws: errors of duplicate ids and tokens, within the list and against `vocabulary`.
  init(
    _ tokens: [AddedToken], vocabulary: Vocabulary, normalizer: (any Normalizer)?, path: String
  ) throws {
    var byID: [Int32: AddedToken] = [:]
    var contents = ByteTable()
    var outside = 0
    for token in tokens {
      guard contents.insert(token.content, token.id) else {
        throw TokenizationError.duplicateToken(path: path, token: token.content)
      }
      if let first = byID.updateValue(token, forKey: token.id) {
        throw TokenizationError.duplicateID(
          path: path, id: token.id, first: first.content, second: token.content)
      }
      if let id = vocabulary.id(of: token.content) {
        guard id == token.id else {
          throw TokenizationError.conflictingID(
            path: path, token: token.content, modelID: id, addedID: token.id)
        }
      } else if let first = vocabulary.token(of: token.id) {
        throw TokenizationError.duplicateID(
          path: path, id: token.id, first: first, second: token.content)
      } else {
        outside += 1
      }
    }
    self.byID = byID
    ids = contents
    countOutsideModel = outside
    plain = AddedTokenFinder(tokens.filter { !$0.isNormalized }, form: \.content)
    var forms: [Int32: String] = [:]
    normalized = try AddedTokenFinder(tokens.filter(\.isNormalized)) { token in
      let form = try normalizer?.normalize(token.content) ?? token.content
      forms[token.id] = form
      return form
    }
    normalizedForms = forms
  }

  /// What the decoder gets for an id: the form of the token that stood in normalized text.
  func form(of id: Int32) -> String? { normalizedForms[id] ?? byID[id]?.content }

  subscript(id: Int32) -> AddedToken? { byID[id] }

  func id(of content: String) -> Int32? { ids[content] }
}
