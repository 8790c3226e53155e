// SPDX-License-Identifier: Apache-2.0

import Tensors

extension CTranslate2Error: CustomStringConvertible {
  package var description: String {
    if case .file(let error) = self { return error.description }
    return "\(place): \(problem); \(remedy)"
  }

  /// Where it happened: the file, and the variable or tensor where there is one.
  private var place: String {
    switch self {
    case .file: ""
    case .unsupportedVersion(let file, _), .truncated(let file, _, _, _, _),
      .tooManyEntries(let file, _, _, _, _), .badName(let file, _, _, _),
      .duplicateName(let file, _, _), .danglingAlias(let file, _, _, _),
      .trailingBytes(let file, _, _), .unsupportedModel(let file, _, _),
      .configuration(let file, _), .unknownFamily(let file, _), .noTokenizer(let file):
      file
    case .unknownType(let file, let name, _, _), .tooManyDimensions(let file, let name, _, _),
      .wrongByteCount(let file, let name, _, _, _, _), .variable(let file, let name, _):
      "\(file): variable \(name.quoted)"
    case .unknownTensor(let file, let tensor), .elementsOutsideTensor(let file, let tensor, _, _),
      .notPlain(let file, let tensor, _), .transposedCodes(let file, let tensor):
      "\(file): tensor \(tensor.quoted)"
    }
  }

  /// What was found and what the rule asks for.
  private var problem: String {
    switch self {
    case .file: ""
    case .unsupportedVersion(_, let found):
      "is no CTranslate2 model of version 2 to 6 (the first number is \(found))"
    case .truncated(_, let what, let offset, let needed, let available):
      "\(what) needs \(needed) bytes at byte \(offset), where \(available) are left"
    case .tooManyEntries(_, let kind, let offset, let found, let limit):
      "\(found) \(kind) are counted at byte \(offset), but the file has room for \(limit) at most"
    case .badName(_, let what, let offset, let problem): "\(what) \(problem) (byte \(offset))"
    case .duplicateName(_, let name, let offset):
      "the name \(name.quoted) occurs a second time at byte \(offset)"
    case .unknownType(_, _, let found, let offset): "has type \(found), not 0 to 5 (byte \(offset))"
    case .tooManyDimensions(_, _, let found, let offset):
      "has \(found) dimensions, more than 8 (byte \(offset))"
    case .wrongByteCount(_, _, let shape, let expected, let found, let offset):
      "has \(found) bytes where its shape \(shape) asks for "
        + "\(expected.map { "\($0)" } ?? "more than any file has") (byte \(offset))"
    case .danglingAlias(_, let alias, let target, let offset):
      "the alias \(alias.quoted) at byte \(offset) stands for \(target.quoted), which is no variable"
    case .trailingBytes(_, let offset, let count):
      "has \(count) bytes behind its end (from byte \(offset) on)"
    case .unsupportedModel(_, let specification, let revision):
      "is a \(specification.quoted) of revision \(revision); only "
        + "\(CTranslate2.decoderSpecification) up to revision \(CTranslate2.decoderRevision) is read"
    case .variable(_, _, let problem), .configuration(_, let problem),
      .unknownFamily(_, let problem):
      problem
    case .noTokenizer:
      "there is no tokenizer beside the model: vocabulary.json has tokens and no rule to find them"
    case .unknownTensor: "the model has no such tensor"
    case .elementsOutsideTensor(_, _, let elements, let count):
      "has \(count) weights, so \(elements) are not among them"
    case .notPlain(_, _, let scheme): "is encoded as \(scheme) and has no plain bytes"
    case .transposedCodes:
      "is stored transposed, so that the scales of its rows are those of the checkpoint's columns"
    }
  }

  private var remedy: String {
    switch self {
    case .unsupportedVersion, .unsupportedModel: "convert the original checkpoint again"
    case .noTokenizer: "put the original's tokenizer.json or tokenizer.model into the folder"
    case .unknownFamily, .configuration, .variable:
      "convert the original checkpoint again, or use the original"
    case .unknownTensor: "halftone inspect --tensors lists them"
    case .elementsOutsideTensor: "ask for fewer"
    case .notPlain, .transposedCodes: "run halftone dequantize first"
    default: "get the file again"
    }
  }
}
