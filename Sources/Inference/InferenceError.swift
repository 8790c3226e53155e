// SPDX-License-Identifier: Apache-2.0

/// Why a model can't be run.
package enum InferenceError: Error, Equatable {
  /// `HALFTONE_ISA` must name an instruction set that this build and this processor have.
  case instructionSetUnavailable(name: String)
  /// A model needs a `config.json`, which says what its tensors compute.
  case missingConfiguration
  /// `config.json` must be a JSON object.
  case malformedConfiguration
  /// The family needs this key in `config.json`, and it has no default that could be right.
  case missingKey(String)
  /// The value of a key must have the type and the range that the family expects.
  case invalidValue(key: String, expected: String, found: String)
  /// Every option that `config.json` sets must be one that this program implements.
  case unsupportedOption(key: String, value: String)
  /// `model_type` must be one of the families that this program implements.
  case unknownFamily(name: String, known: [String])
  /// Every tensor that the family computes with must be in the model.
  case missingTensor(name: String, shape: [Int])
  /// A tensor must have the shape that follows from `config.json`.
  case unexpectedShape(tensor: String, expected: [Int], found: [Int])
  /// A tensor inside the network must be one that `config.json` makes the family use.
  case unusedTensor(name: String)
  /// A token id must be below the vocabulary size.
  case tokenOutsideVocabulary(id: Int32, vocabularySize: Int)
  /// A window must fit into the positions that the model covers.
  case windowTooLong(length: Int, limit: Int)
  /// The windows of one batch must have one length, which is at least one token.
  case unequalWindows(expected: Int, found: Int)
  /// The smallest step of an evaluation must fit the memory that it may take.
  case memoryLimitTooSmall(limit: Int, needed: Int)
  /// A sequence needs a token to begin with.
  case emptyPrompt
  /// A prompt must fit into the positions that the model covers.
  case promptTooLong(length: Int, limit: Int)
  /// Keys and values must fit the memory that they may take.
  case cacheExhausted(limit: Int)
  /// Every option of sampling must be in its range.
  case invalidSampling(option: String, expected: String, found: String)
  /// `generation_config.json` must be a JSON object.
  case malformedGenerationConfiguration
  /// The values of `generation_config.json` must have the types and ranges that they have there.
  case invalidGenerationValue(key: String, expected: String)
  /// Logits must be finite numbers.
  case nonFiniteLogit(window: Int, position: Int)
}

extension InferenceError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .instructionSetUnavailable(let name):
      "HALFTONE_ISA=\(name) is not available on this processor; unset it or choose scalar"
    case .missingConfiguration:
      "the model has no config.json; put the checkpoint's own file beside the tensors"
    case .malformedConfiguration:
      "config.json is not a JSON object; copy it again from the original checkpoint"
    case .missingKey(let key):
      "config.json: key '\(key)' is missing; copy the file again from the original checkpoint"
    case .invalidValue(let key, let expected, let found):
      "config.json: '\(key)' must be \(expected), found \(found); correct the value"
    case .unsupportedOption(let key, let value):
      "config.json: '\(key)' = \(value) is an option that can't be run; "
        + "quantizing works without it, or remove the key if it doesn't change the logits"
    case .unknownFamily(let name, let known):
      "family '\(name)' can't be run; known: \(known.joined(separator: ", ")); "
        + "quantizing and reports work without it"
    case .missingTensor(let name, let shape):
      "tensor '\(name)' of shape \(shape) is missing; check that every shard was copied "
        + "and that config.json belongs to this model"
    case .unexpectedShape(let tensor, let expected, let found):
      "tensor '\(tensor)' must have shape \(expected), found \(found); "
        + "check that config.json belongs to this model"
    case .unusedTensor(let name):
      "tensor '\(name)' has no use under this config.json, so the logits would be wrong; "
        + "check that config.json belongs to this model"
    case .tokenOutsideVocabulary(let id, let vocabularySize):
      "token id \(id) is outside the vocabulary of \(vocabularySize); "
        + "use the tokenizer that belongs to this model"
    case .windowTooLong(let length, let limit):
      "a window of \(length) tokens exceeds the model's \(limit) positions; "
        + "choose a shorter context"
    case .unequalWindows(let expected, let found):
      "windows of \(expected) and \(found) tokens can't be one batch; "
        + "evaluate windows of one length of at least 1 together"
    case .memoryLimitTooSmall(let limit, let needed):
      "a memory limit of \(limit) bytes is too small; pass --memory-limit \(needed / 1_000_000 + 1)MB "
        + "or more, or a shorter --context or fewer --threads"
    case .emptyPrompt:
      "the prompt has no tokens; give a text"
    case .promptTooLong(let length, let limit):
      "a prompt of \(length) tokens exceeds the model's \(limit) positions; shorten the prompt"
    case .cacheExhausted(let limit):
      "keys and values exceed the \(limit) bytes that they may take; pass a larger --cache-limit, "
        + "fewer --max-tokens or fewer sequences at a time"
    case .invalidSampling(let option, let expected, let found):
      "--\(option) takes \(expected), found \(found); correct the value"
    case .malformedGenerationConfiguration:
      "generation_config.json is not a JSON object; copy it again from the original checkpoint, "
        + "or remove it"
    case .invalidGenerationValue(let key, let expected):
      "generation_config.json: '\(key)' must be \(expected); correct the value, or remove the key"
    case .nonFiniteLogit(let window, let position):
      "logits of window \(window), position \(position) are not finite; "
        + "look for the damaged tensor with a per-tensor report"
    }
  }
}
