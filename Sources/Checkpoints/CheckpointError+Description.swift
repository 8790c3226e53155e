// SPDX-License-Identifier: Apache-2.0

import Tensors

extension CheckpointError: CustomStringConvertible {
  package var description: String {
    if case .file(let error) = self { return error.description }
    return "\(place): \(problem); \(remedy)"
  }

  /// Where it happened: the file, and the tensor where there is one.
  private var place: String {
    switch self {
    case .file: return ""
    case .gitPointer(let file), .shorterThanHeaderLength(let file, _), .emptyHeader(let file),
      .headerPastEnd(let file, _, _), .headerTooLong(let file, _, _),
      .malformed(let file, nil, _), .metadataIsNoText(let file, _), .emptyName(let file, _),
      .trailingBytes(let file, _, _), .missingWeightMap(let file), .pickle(let file),
      .noTensors(let file, _), .severalFiles(let file, _), .assetTooLarge(let file, _, _),
      .unusableAssetName(let file, _):
      return file
    case .malformed(let file, .some(let tensor), _), .controlCharacterInName(let file, let tensor),
      .missingField(let file, let tensor, _), .unknownElementType(let file, let tensor, _),
      .tooManyDimensions(let file, let tensor, _), .shapeOverflow(let file, let tensor, _),
      .partialByte(let file, let tensor, _, _), .wrongOffsetCount(let file, let tensor, _),
      .offsetsReversed(let file, let tensor, _, _), .wrongByteCount(let file, let tensor, _, _),
      .hole(let file, let tensor, _, _), .overlap(let file, let tensor, _, _, _),
      .dataTruncated(let file, let tensor, _, _), .duplicateTensor(let tensor, let file, _),
      .untrustedShardName(let file, let tensor, _), .missingShard(let file, let tensor, _),
      .tensorNotInShard(let file, let tensor, _), .tensorNotInIndex(let file, let tensor, _),
      .unknownTensor(let file, let tensor), .elementsOutsideTensor(let file, let tensor, _, _),
      .notNumeric(let file, let tensor, _), .reservedName(let file, let tensor),
      .tooManyBytes(let file, let tensor, _), .tooFewBytes(let file, let tensor, _, _):
      return "\(file): tensor \(tensor.quoted)"
    }
  }

  /// What was found and what the rule asks for.
  private var problem: String {
    switch self {
    case .file: ""
    case .gitPointer: "is a Git LFS pointer, not the file that it stands for"
    case .shorterThanHeaderLength(_, let byteCount):
      "has \(byteCount) bytes, fewer than the 8 of the header's length"
    case .emptyHeader: "the header's length is 0"
    case .headerPastEnd(_, let byteCount, let available):
      "the header should take \(byteCount) bytes, but only \(available) follow"
    case .headerTooLong(_, let byteCount, let limit):
      "the header takes \(byteCount) bytes, more than the allowed \(limit)"
    case .malformed(_, _, let error): "malformed JSON: \(error)"
    case .metadataIsNoText(_, let error): "__metadata__ does not map strings to strings: \(error)"
    case .emptyName(_, let offset): "the tensor at byte \(offset) of the header has an empty name"
    case .controlCharacterInName: "the name contains control characters"
    case .missingField(_, _, let field): "the header gives no \(field)"
    case .unknownElementType(_, _, let found): "unknown dtype \(found.quoted)"
    case .tooManyDimensions(_, _, let limit): "has more than \(limit) dimensions"
    case .shapeOverflow(_, _, let shape): "the shape \(shape) overflows"
    case .partialByte(_, _, let shape, let type):
      "\(type.rawValue) elements of shape \(shape) do not fill whole bytes"
    case .wrongOffsetCount(_, _, let found): "data_offsets holds \(found) numbers instead of 2"
    case .offsetsReversed(_, _, let begin, let end): "data_offsets \(begin), \(end) run backwards"
    case .wrongByteCount(_, _, let expected, let found):
      "data_offsets span \(found) bytes where dtype and shape need \(expected)"
    case .hole(_, _, let expected, let found):
      "data begins at offset \(found), which leaves a hole after \(expected)"
    case .overlap(_, _, let other, let begin, let otherEnd):
      "data begins at offset \(begin), inside tensor \(other.quoted), which ends at \(otherEnd)"
    case .dataTruncated(_, _, let expected, let found):
      "the file should have \(expected) bytes, but has \(found)"
    case .trailingBytes(_, let offset, let count):
      "\(count) bytes follow the last tensor at byte \(offset)"
    case .duplicateTensor(_, let file, let other):
      file == other ? "occurs twice" : "is in \(other.quoted) too"
    case .missingWeightMap: "has no weight_map that names a file for each tensor"
    case .untrustedShardName(_, _, let shard):
      "the shard name \(shard.quoted) is no plain file name"
    case .missingShard(_, _, let shard): "the shard \(shard.quoted) does not exist"
    case .tensorNotInShard(_, _, let shard): "is not in the shard \(shard.quoted)"
    case .tensorNotInIndex(_, _, let shard):
      "is in the shard \(shard.quoted), but not in the index"
    case .pickle: "a pickle checkpoint, which can run code when it is loaded"
    case .noTensors(_, let found):
      "holds neither model.safetensors nor model.safetensors.index.json"
        + (found.isEmpty ? "" : " (only \(found.joined(separator: ", ")))")
    case .severalFiles(_, let files):
      "holds \(files.count) safetensors files (\(files.prefix(3).joined(separator: ", "))"
        + (files.count > 3 ? ", …" : "") + ") and no model.safetensors.index.json"
    case .assetTooLarge(_, let byteCount, let limit):
      "has \(byteCount) bytes, more than the allowed \(limit)"
    case .unknownTensor: "does not exist"
    case .elementsOutsideTensor(_, _, let elements, let count):
      "elements \(elements.lowerBound)..<\(elements.upperBound) of \(count) do not fit"
    case .notNumeric(_, _, let type): "\(type.rawValue) elements can't be read as fp32 weights"
    case .reservedName: "the name can't be written"
    case .tooManyBytes(_, _, let declared): "more bytes than the declared \(declared) were written"
    case .tooFewBytes(_, _, let declared, let written):
      "\(written) of \(declared) declared bytes were written"
    case .unusableAssetName(_, let name): "no file can be written as \(name.quoted)"
    }
  }

  /// What to do about it.
  private var remedy: String {
    switch self {
    case .file: ""
    case .shorterThanHeaderLength, .emptyHeader, .headerPastEnd, .dataTruncated, .trailingBytes:
      "the file is damaged, incomplete or not safetensors: get it again"
    case .gitPointer: "fetch the file with 'git lfs pull'"
    case .missingShard: "get the missing file"
    case .tensorNotInShard, .tensorNotInIndex, .duplicateTensor, .missingWeightMap:
      "get index and shards again, all from one revision of the model"
    case .untrustedShardName: "do not trust this model; shards belong into the index's own folder"
    case .pickle:
      "load it with Transformers where you trust it and call"
        + " save_pretrained(..., safe_serialization=True), then use that folder"
    case .noTensors: "name a folder or file with safetensors weights"
    case .severalFiles: "name one of the files, or get the index"
    case .assetTooLarge: "remove it from the model's folder"
    case .unknownTensor: "list the names with 'halftone inspect --tensors'"
    case .elementsOutsideTensor: "ask for elements inside the tensor and give room for all"
    case .notNumeric: "keep the tensor as it is"
    case .reservedName: "rename the tensor"
    case .tooManyBytes, .tooFewBytes: "declare what is written"
    case .unusableAssetName: "rename the file"
    default: "the file breaks the safetensors format: write it again with the safetensors library"
    }
  }
}
