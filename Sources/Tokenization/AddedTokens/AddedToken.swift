// SPDX-License-Identifier: Apache-2.0

/// A token that is found in the text before the model sees it.
struct AddedToken: Sendable {
  let id: Int32
  let content: String
  /// Control tokens, which decoding can skip.
  let isSpecial: Bool
  /// Found only where no word character touches it.
  let isSingleWord: Bool
  /// Takes the white space before it along.
  let stripsLeft: Bool
  /// Takes the white space after it along.
  let stripsRight: Bool
  /// Searched for in normalized text, in its own normalized form.
  let isNormalized: Bool

  init(_ part: Part) throws {
    content = try part.string("content")
    guard !content.utf8.isEmpty else {
      throw part.wrong("content", expected: "a token that isn't empty", found: .string(content))
    }
    id = try Vocabulary.id(part.required("id"), of: content, in: part.path)
    isSpecial = try part.bool("special", default: false)
    isSingleWord = try part.bool("single_word", default: false)
    stripsLeft = try part.bool("lstrip", default: false)
    stripsRight = try part.bool("rstrip", default: false)
    isNormalized = try part.bool("normalized", default: !isSpecial)
  }
}
