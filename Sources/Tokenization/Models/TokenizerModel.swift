// SPDX-License-Identifier: Apache-2.0

/// Turns a piece of text into ids.
protocol TokenizerModel: Sendable {
  var vocabulary: Vocabulary { get }

  /// Appends the ids of one piece, which isn't empty. The same piece always gives the same ids.
  func tokenize(_ piece: Bytes, into ids: inout [Int32]) throws
}

/// The implemented models, by type.
enum TokenizerModels {
  static let registry = PartRegistry<any TokenizerModel>([
    "BPE": BytePairModel.init,
    "Unigram": UnigramModel.init,
    "WordLevel": WordLevelModel.init,
    "WordPiece": WordPieceModel.init,
  ])

  /// Reads a model.
  ///
  /// Files from before models had a type are byte-pair models if they list merges.
  static func read(_ part: Part) throws -> any TokenizerModel {
    if part.optional("type") == nil, part.optional("merges") != nil {
      return try BytePairModel(part)
    }
    return try registry.read(part)
  }
}

/// What stands for text outside the vocabulary.
enum UnknownToken: Sendable {
  /// The tokenizer names none.
  case none
  case id(Int32)
  /// The tokenizer names one that the vocabulary lacks; an error once it's needed.
  case absent

  /// Reads the name under `member`.
  init(_ part: Part, member: String = "unk_token", vocabulary: Vocabulary) throws {
    guard let name = try part.optionalString(member) else {
      self = .none
      return
    }
    self = vocabulary.id(of: name).map(UnknownToken.id) ?? .absent
  }

  /// The id that stands for `piece`.
  ///
  /// - Throws: ``TokenizationError/textOutsideVocabulary(text:)`` where there's none.
  func id(for piece: Bytes) throws -> Int32 {
    guard case .id(let id) = self else {
      throw TokenizationError.textOutsideVocabulary(text: piece.text)
    }
    return id
  }
}
