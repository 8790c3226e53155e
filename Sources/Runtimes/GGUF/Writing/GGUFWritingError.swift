// SPDX-License-Identifier: Apache-2.0

import Tensors

/// Why a model can't be written as GGUF; it is thrown as ``RuntimeError/gguf(_:)``.
package enum GGUFWritingError: Error, Equatable {
  /// llama.cpp runs the model's family.
  case family(String, known: [String])
  /// llama.cpp computes what `config.json` asks for; `problem` says what of it not.
  case option(key: String, found: String, problem: String)
  /// `config.json` says what the format needs to know.
  case missingKey(String)
  /// A value of `config.json` is of the kind and in the range that its key asks for.
  case wrongValue(key: String, expected: String, found: String)
  /// Every tensor has a place in the architecture.
  case unknownTensor(tensor: String, architecture: String)
  /// Every tensor that llama.cpp wants is there.
  case missingTensor(tensor: String, architecture: String)
  /// A tensor has the shape from which the architecture's is made.
  case unexpectedShape(tensor: String, expected: String, found: [Int])
  /// Experts that are stacked are all there.
  case missingExpert(tensor: String)
  /// A tokenizer travels with the model.
  case noTokenizer
  /// llama.cpp has a tokenizer that cuts text as the model's does.
  case tokenizer(problem: String)
  /// A model is in no more files than can be open at the same time.
  case tooManyFiles(path: String, count: Int, limit: Int)
}

extension GGUFWritingError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .family(let family, let known):
      "llama.cpp has no architecture for the family \(family.quoted), so there is no GGUF file of it; "
        + "it is written for \(known.joined(separator: ", ")); write another format with --to"
    case .option(let key, let found, let problem):
      "config.json: \(key) is \(found), but \(problem); write another format with --to"
    case .missingKey(let key):
      "config.json: \(key) is absent; put the model's own config.json beside its tensors"
    case .wrongValue(let key, let expected, let found):
      "config.json: \(key) must be \(expected), not \(found); put the model's own config.json beside "
        + "its tensors"
    case .unknownTensor(let tensor, let architecture):
      "tensor \(tensor.quoted): llama.cpp's architecture \(architecture.quoted) has no place for it, "
        + "and would not load the file; write another format with --to"
    case .missingTensor(let tensor, let architecture):
      "tensor \(tensor.quoted) is missing, without which llama.cpp loads no model of its architecture "
        + "\(architecture.quoted); write another format with --to"
    case .unexpectedShape(let tensor, let expected, let found):
      "tensor \(tensor.quoted): has shape \(found), where \(expected) is expected; check that "
        + "config.json belongs to these tensors"
    case .missingExpert(let tensor):
      "tensor \(tensor.quoted) is missing, without which a layer's experts can't be stacked; get all "
        + "files of the model"
    case .noTokenizer:
      "a GGUF file holds its tokenizer, and none travels with the model; put tokenizer.json, "
        + "tokenizer.model or vocab.json with merges.txt beside its tensors"
    case .tokenizer(let problem):
      "\(problem); write another format with --to"
    case .tooManyFiles(let path, let count, let limit):
      "\(path): would become \(count) files, more than \(limit); choose a larger size with "
        + "--split-size"
    }
  }
}
