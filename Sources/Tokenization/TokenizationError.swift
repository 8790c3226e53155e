// SPDX-License-Identifier: Apache-2.0

/// What is wrong with a tokenizer, a text or an id.
///
/// `path` is the file, `key` the dotted place in it.
package enum TokenizationError: Error, Equatable, CustomStringConvertible {
  /// A model's folder or file carries the files that its tokenizer is made of.
  case missingFile(path: String, name: String)
  /// Text and `tokenizer.json` are UTF-8.
  case notUTF8(path: String, byteOffset: Int)
  /// `tokenizer.json` is one JSON document.
  case malformedJSON(path: String, byteOffset: Int, expected: String)
  /// `tokenizer.model` is one message in the wire format of Protocol Buffers.
  case malformedMessage(path: String, byteOffset: Int, expected: String)
  /// Required keys are present.
  case missingKey(path: String, key: String)
  /// Every value has the type, and lies in the range, that its key asks for.
  case wrongValue(path: String, key: String, expected: String, found: String)
  /// Every part is of a type that is implemented.
  case unsupportedPart(path: String, key: String, type: String)
  /// Every option of a part has a value that is implemented.
  case unsupportedOption(path: String, key: String, value: String)
  /// Patterns are valid regular expressions.
  case invalidPattern(path: String, key: String, pattern: String)
  /// Ids are integers in 0 ..< 2^31.
  case idOutOfRange(path: String, token: String, id: String)
  /// An id belongs to one token.
  case duplicateID(path: String, id: Int32, first: String, second: String)
  /// A token is listed once.
  case duplicateToken(path: String, token: String)
  /// An added token that the model lists too has the same id in both places.
  case conflictingID(path: String, token: String, modelID: Int32, addedID: Int32)
  /// Whatever a merge, a template or an option names is in the vocabulary.
  case absentToken(path: String, key: String, token: String)
  /// An id to be decoded belongs to a token.
  case unknownID(Int32)
  /// A model has an embedding for each token of the text.
  case tokenOutsideModel(token: String, id: Int32, embeddingCount: Int)
  /// Text outside the vocabulary needs an unknown-token to stand for it.
  case textOutsideVocabulary(text: String)
  /// A pattern's search ends within the regular expression engine's limits.
  case patternLimit(pattern: String)

  package var description: String {
    switch self {
    case .missingFile(let path, let name):
      "\(path): no \(name) here; copy it from the model's original folder"
    case .notUTF8(let path, let byteOffset):
      "\(path): not UTF-8 at byte \(byteOffset); convert the file to UTF-8"
    case .malformedJSON(let path, let byteOffset, let expected):
      "\(path): malformed JSON at byte \(byteOffset), expected \(expected); fetch the file again"
    case .malformedMessage(let path, let byteOffset, let expected):
      "\(path): malformed SentencePiece model at byte \(byteOffset), expected \(expected); "
        + "fetch the file again"
    case .missingKey(let path, let key):
      "\(path): \(key.quoted) is missing; fetch the file again or save it with a current library"
    case .wrongValue(let path, let key, let expected, let found):
      "\(path): \(key.quoted) is \(found), expected \(expected); correct the file"
    case .unsupportedPart(let path, let key, let type):
      "\(path): \(key.quoted) is of the unsupported type \(type.quoted); give token ids instead of text"
    case .unsupportedOption(let path, let key, let value):
      "\(path): \(key.quoted) has the unsupported value \(value.quoted); give token ids instead of text"
    case .invalidPattern(let path, let key, let pattern):
      "\(path): \(key.quoted) is no valid regular expression: \(pattern.quoted); correct the file"
    case .idOutOfRange(let path, let token, let id):
      "\(path): token \(token.quoted) has the id \(id), outside 0 ..< 2147483648; correct the file"
    case .duplicateID(let path, let id, let first, let second):
      "\(path): tokens \(first.quoted) and \(second.quoted) share the id \(id); correct the file"
    case .duplicateToken(let path, let token):
      "\(path): token \(token.quoted) is listed twice; correct the file"
    case .conflictingID(let path, let token, let modelID, let addedID):
      "\(path): token \(token.quoted) has id \(modelID) in the model and \(addedID) in added_tokens; "
        + "correct the file"
    case .absentToken(let path, let key, let token):
      "\(path): \(key.quoted) names the token \(token.quoted), which the vocabulary lacks; correct the file"
    case .unknownID(let id):
      "id \(id) belongs to no token; use the tokenizer that the ids were made with"
    case .tokenOutsideModel(let token, let id, let embeddingCount):
      "the text has the token \(token.quoted) of id \(id), the model only \(embeddingCount) embeddings; "
        + "use the tokenizer that belongs to this model"
    case .textOutsideVocabulary(let text):
      "no token stands for \(text.quoted) and the tokenizer names no unknown-token; remove it from the text"
    case .patternLimit(let pattern):
      "the search for \(pattern.quoted) ran past the engine's limits; split the text into shorter parts"
    }
  }
}
