// SPDX-License-Identifier: Apache-2.0

/// Every piece is a token, or unknown.
struct WordLevelModel: TokenizerModel {
  let vocabulary: Vocabulary
  private let unknown: UnknownToken

  init(_ part: Part) throws {
    vocabulary = try Vocabulary(part)
    unknown = try UnknownToken(part, vocabulary: vocabulary)
  }

  func tokenize(_ piece: Bytes, into ids: inout [Int32]) throws {
    ids.append(try vocabulary.id(of: piece) ?? unknown.id(for: piece))
  }
}
