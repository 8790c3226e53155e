// SPDX-License-Identifier: Apache-2.0

/// What SentencePiece's `tokenizer.model` says, as far as encoding and decoding depend on it.
///
/// The defaults are those of `sentencepiece_model.proto`, the message's definition.
struct SentencePieceFile {
  /// What a piece is for; the raw values are the message's.
  enum Kind: UInt64 {
    case normal = 1
    /// Stands for text outside the vocabulary.
    case unknown
    /// Never found in text: `<s>`, `</s>`.
    case control
    /// Always found where the text spells it, before anything else.
    case userDefined
    /// Found, then taken apart again.
    case unused
    /// One byte of a character outside the vocabulary.
    case byte
  }

  struct Piece {
    var text = ""
    var score: Float = 0
    var kind = Kind.normal
  }

  enum ModelType: UInt64 {
    case unigram = 1
    case bytePair
    case word
    case character
  }

  struct Normalization {
    /// Nil for text as it is.
    var map: CharacterMap?
    /// A space is written before the text, or after it where spaces are suffixes.
    var addsDummySpace = true
    /// Spaces at the ends, and runs of them, go.
    var removesExtraSpaces = true
    /// Spaces are written as `▁`.
    var escapesSpaces = true
  }

  /// The file, for messages.
  let path: String
  /// The index of a piece is its id.
  var pieces: [Piece] = []
  var modelType = ModelType.unigram
  var fallsBackToBytes = false
  var treatsSpaceAsSuffix = false
  var beginningPiece = "<s>"
  var endPiece = "</s>"
  /// What the unknown-token is decoded to.
  var unknownSurface = " \u{2047} "
  var normalization = Normalization()
  /// What is done to decoded text.
  var denormalization: Normalization?
}
