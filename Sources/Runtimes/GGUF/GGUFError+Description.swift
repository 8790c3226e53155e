// SPDX-License-Identifier: Apache-2.0

import Tensors

extension GGUFError: CustomStringConvertible {
  package var description: String {
    if case .file(let error) = self { return error.description }
    return "\(place): \(problem); \(remedy)"
  }

  /// Where it happened: the file, and the entry or tensor where there is one.
  private var place: String {
    switch self {
    case .file: return ""
    case .notGGUF(let file), .gitPointer(let file), .bigEndian(let file),
      .unsupportedVersion(let file, _), .tooManyEntries(let file, _, _, _),
      .badAlignment(let file, _), .trailingBytes(let file, _, _), .shardName(let file, _, _),
      .missingShard(let file, _), .inconsistentShards(let file, _, _, _),
      .unmappedArchitecture(let file, _, _):
      return file
    case .truncated(let file, let place, _, _, _), .tooLong(let file, let place, _, _, _),
      .notUTF8(let file, let place, _), .emptyName(let file, let place, _),
      .duplicateName(let file, let place, _), .notUnderstood(let file, _, let place):
      return "\(file): \(place.text)"
    case .unknownValueType(let file, let key, _, _), .nestedArray(let file, let key, _),
      .missingKey(let file, let key), .wrongValue(let file, let key, _, _),
      .unsupportedTokenizer(let file, let key, _, _):
      return "\(file): \(GGUFPlace.key(key).text)"
    case .controlCharacterInName(let file, let tensor), .nameTooLong(let file, let tensor, _, _),
      .tooManyDimensions(let file, let tensor, _, _), .shapeOverflow(let file, let tensor, _),
      .unsupportedType(let file, let tensor, _, _), .partialBlock(let file, let tensor, _, _, _),
      .wrongOffset(let file, let tensor, _, _), .dataTruncated(let file, let tensor, _, _),
      .tensorInTwoFiles(let file, let tensor, _), .unexpectedShape(let file, let tensor, _, _),
      .tooManyExperts(let file, let tensor, _, _), .unknownTensor(let file, let tensor),
      .elementsOutsideTensor(let file, let tensor, _, _), .notPlain(let file, let tensor, _):
      return "\(file): \(GGUFPlace.tensor(tensor).text)"
    }
  }

  /// What was found and what the rule asks for.
  private var problem: String {
    switch self {
    case .file: ""
    case .notGGUF: "does not begin as GGUF files do"
    case .gitPointer: "is a Git LFS pointer, not the file that it stands for"
    case .bigEndian: "is a big-endian GGUF file"
    case .unsupportedVersion(_, let found): "is of GGUF version \(found), not 2 or 3"
    case .truncated(_, _, let offset, let needed, let available):
      "needs \(needed) bytes at byte \(offset), where \(available) are left"
    case .tooManyEntries(_, let kind, let found, let limit):
      "the header counts \(found) \(kind), but the file has room for \(limit) at most"
    case .tooLong(_, _, let offset, let found, let limit):
      "has a length of \(found) at byte \(offset), more than the allowed \(limit)"
    case .notUTF8(_, _, let offset): "is not UTF-8 (byte \(offset))"
    case .emptyName(_, _, let offset): "is empty (byte \(offset))"
    case .duplicateName(_, _, let offset): "occurs a second time (byte \(offset))"
    case .unknownValueType(_, _, let found, let offset):
      "has the unknown value type \(found) (byte \(offset))"
    case .nestedArray(_, _, let offset): "is an array of arrays (byte \(offset))"
    case .badAlignment(_, let found):
      "general.alignment is \(found), not a U32 and a power of two"
    case .controlCharacterInName: "the name contains control characters"
    case .nameTooLong(_, _, let byteCount, let limit):
      "the name has \(byteCount) bytes, more than \(limit)"
    case .tooManyDimensions(_, _, let found, let limit):
      "has \(found) dimensions, more than \(limit)"
    case .shapeOverflow(_, _, let shape): "the shape \(shape) is negative or overflows"
    case .unsupportedType(_, _, let id, let name):
      name.map { "\($0) blocks can't be decoded" } ?? "has the unknown type \(id)"
    case .partialBlock(_, _, let type, let columns, let blockSize):
      "rows of \(columns) are no whole \(type) blocks of \(blockSize)"
    case .wrongOffset(_, _, let expected, let found):
      "begins at offset \(found) instead of \(expected)"
    case .dataTruncated(_, _, let expected, let found):
      "ends at byte \(expected) of a file of \(found)"
    case .trailingBytes(_, let offset, let count):
      "\(count) bytes follow the last tensor at byte \(offset)"
    case .shardName(_, let number, let count):
      "file \(number) of \(count) is not named …\(GGUFShardName.suffix(number, of: count))"
    case .missingShard(_, let shard): "the file \(shard.quoted) of this model is missing"
    case .inconsistentShards(_, let key, let expected, let found):
      "\(key) is \(found.map(String.init) ?? "absent"), not \(expected)"
    case .tensorInTwoFiles(_, _, let other): "is in \(other.quoted) too"
    case .missingKey: "is absent"
    case .wrongValue(_, _, let expected, let found): "must be \(expected), not \(found)"
    case .unmappedArchitecture(_, let architecture, let known):
      "the architecture \(architecture.quoted) can't be run from GGUF; known: "
        + known.joined(separator: ", ")
    case .notUnderstood(_, let architecture, _):
      "is not understood for the architecture \(architecture.quoted)"
    case .unexpectedShape(_, _, let expected, let found):
      "has shape \(found), where \(expected) is expected"
    case .tooManyExperts(_, _, let found, let limit):
      "stacks \(found) experts, which makes more than \(limit) tensors"
    case .unsupportedTokenizer(_, _, let found, let known):
      "\(found.quoted) is no tokenizer that is known: \(known.joined(separator: ", "))"
    case .unknownTensor: "does not exist"
    case .elementsOutsideTensor(_, _, let elements, let count):
      "elements \(elements.lowerBound)..<\(elements.upperBound) of \(count) do not fit"
    case .notPlain(_, _, let scheme): "is encoded (\(scheme)), so it has no plain bytes"
    }
  }

  /// What to do about it.
  private var remedy: String {
    switch self {
    case .file: ""
    case .gitPointer: "fetch the file with 'git lfs pull'"
    case .bigEndian: "convert it on the machine that it was made for, or get the little-endian file"
    case .unsupportedVersion: "convert the original checkpoint again with a current converter"
    case .shardName: "give all files of the model their names back"
    case .missingShard: "put all files of the model into one folder"
    case .inconsistentShards, .tensorInTwoFiles:
      "get all files of the model again, from one place"
    case .unsupportedType(_, _, _, .some):
      "use a file of another quantization, or the original checkpoint"
    case .unsupportedType: "it may be newer than this program, or damaged: get it again"
    case .unmappedArchitecture: "inspect works without it; run the original checkpoint instead"
    case .notUnderstood: "logits would be wrong, so run the original checkpoint; report works"
    case .missingKey, .wrongValue, .unexpectedShape, .tooManyExperts:
      "convert the original checkpoint again with a current converter"
    case .unsupportedTokenizer: "name the original checkpoint where a tokenizer is needed"
    case .unknownTensor: "list the names with 'halftone inspect --tensors'"
    case .elementsOutsideTensor: "ask for elements of the tensor only"
    case .notPlain: "read it as fp32"
    case .notGGUF, .truncated, .tooManyEntries, .tooLong, .notUTF8, .emptyName, .duplicateName,
      .unknownValueType, .nestedArray, .badAlignment, .controlCharacterInName, .nameTooLong,
      .tooManyDimensions, .shapeOverflow, .partialBlock, .wrongOffset, .dataTruncated,
      .trailingBytes:
      "the file is damaged, incomplete or not GGUF: get it again"
    }
  }
}
