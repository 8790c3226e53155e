// SPDX-License-Identifier: Apache-2.0

/// What SentencePiece's `tokenizer.model` says, as far as encoding and decoding depend on it.
///
/// The defaults are those of `sentencepiece_model.proto`, the message's definition.
package struct SentencePieceFile {
  /// What a piece is for; the raw values are the message's.
  package enum Kind: UInt64, Sendable {
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

  package struct Piece {
    package var text = ""
    package var score: Float = 0
    package var kind = Kind.normal
  }

  package enum ModelType: UInt64 {
    case unigram = 1
    case bytePair
    case word
    case character
  }

  package struct Normalization {
    /// Nil for text as it is.
    var map: CharacterMap?
    /// A space is written before the text, or after it where spaces are suffixes.
    package var addsDummySpace = true
    /// Spaces at the ends, and runs of them, go.
    package var removesExtraSpaces = true
    /// Spaces are written as `▁`.
    var escapesSpaces = true
  }

  /// The file, for messages.
  let path: String
  /// The index of a piece is its id.
  package var pieces: [Piece] = []
  package var modelType = ModelType.unigram
  package var fallsBackToBytes = false
  var treatsSpaceAsSuffix = false
  package var beginningPiece = "<s>"
  package var endPiece = "</s>"
  /// What the unknown-token is decoded to.
  var unknownSurface = " \u{2047} "
  package var normalization = Normalization()
  /// What is done to decoded text.
  var denormalization: Normalization?
}
