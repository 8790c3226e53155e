// SPDX-License-Identifier: Apache-2.0

import Tensors

/// Why a GGUF file can't be read; each case is a rule that was broken.
package enum GGUFError: Error, Equatable {
  // MARK: The container

  /// The operating system must hand the file out.
  case file(FileError)
  /// The file begins with the four bytes `GGUF`.
  case notGGUF(file: String)
  /// The file is there, not the pointer that Git leaves in its place.
  case gitPointer(file: String)
  /// Numbers are little-endian.
  case bigEndian(file: String)
  /// The version is one that is known.
  case unsupportedVersion(file: String, found: UInt32)
  /// What is read lies inside the file.
  case truncated(file: String, place: GGUFPlace, offset: Int, needed: UInt64, available: Int)
  /// A file has room for as many entries as its header counts.
  case tooManyEntries(file: String, kind: String, found: UInt64, limit: Int)
  /// Strings and arrays have at most 2^30 bytes or elements.
  case tooLong(file: String, place: GGUFPlace, offset: Int, found: UInt64, limit: UInt64)
  /// Names and texts are UTF-8.
  case notUTF8(file: String, place: GGUFPlace, offset: Int)
  /// A metadata entry or a tensor has a name.
  case emptyName(file: String, place: GGUFPlace, offset: Int)
  /// A name occurs once; names that Unicode holds equivalent are the same.
  case duplicateName(file: String, place: GGUFPlace, offset: Int)
  /// A value is of one of the types 0 to 12.
  case unknownValueType(file: String, key: String, found: UInt32, offset: Int)
  /// An array holds no arrays.
  case nestedArray(file: String, key: String, offset: Int)
  /// `general.alignment` is a U32 and a power of two.
  case badAlignment(file: String, found: String)

  // MARK: A tensor

  /// A name is free of control characters.
  case controlCharacterInName(file: String, tensor: String)
  /// A name has at most 63 bytes.
  case nameTooLong(file: String, tensor: String, byteCount: Int, limit: Int)
  /// A tensor has at most 4 dimensions.
  case tooManyDimensions(file: String, tensor: String, found: UInt32, limit: Int)
  /// The numbers of weights and bytes fit in 63 bits, and no dimension is negative.
  case shapeOverflow(file: String, tensor: String, shape: [Int64])
  /// The type is one that is known; `name` where it is, but can't be decoded.
  case unsupportedType(file: String, tensor: String, id: UInt32, name: String?)
  /// Rows are whole blocks.
  case partialBlock(file: String, tensor: String, type: String, columns: Int, blockSize: Int)
  /// A tensor begins where the one before ends, padded to the alignment.
  case wrongOffset(file: String, tensor: String, expected: Int, found: UInt64)
  /// A tensor lies inside the file.
  case dataTruncated(file: String, tensor: String, expectedByteCount: Int, found: Int)
  /// The file ends where its last tensor ends, padding aside.
  case trailingBytes(file: String, offset: Int, count: Int)

  // MARK: Several files

  /// A file that is one of several is named so that the others are found.
  case shardName(file: String, number: Int, count: Int)
  /// All files of a model are there.
  case missingShard(file: String, shard: String)
  /// The files of a model say the same of how many they are, and hold all of its tensors.
  case inconsistentShards(file: String, key: String, expected: Int, found: Int?)
  /// A tensor is in one file only.
  case tensorInTwoFiles(file: String, tensor: String, other: String)

  // MARK: The model

  /// A metadata value that is needed is there.
  case missingKey(file: String, key: String)
  /// A metadata value is of the type and in the range that its key asks for.
  case wrongValue(file: String, key: String, expected: String, found: String)
  /// The architecture is one whose names and sizes can be translated.
  case unmappedArchitecture(file: String, architecture: String, known: [String])
  /// Every tensor and every key of a translated architecture is one that is understood.
  case notUnderstood(file: String, architecture: String, place: GGUFPlace)
  /// A tensor has the shape that its translation needs.
  case unexpectedShape(file: String, tensor: String, expected: String, found: [Int])
  /// Stacked experts are as many as a model can have.
  case tooManyExperts(file: String, tensor: String, found: Int, limit: Int)
  /// The tokenizer is one that can be put together from the metadata.
  case unsupportedTokenizer(file: String, key: String, found: String, known: [String])

  // MARK: Reading a tensor

  /// A tensor is asked for by a name that the model has.
  case unknownTensor(file: String, tensor: String)
  /// Elements are read from inside the tensor, into a buffer that holds them.
  case elementsOutsideTensor(file: String, tensor: String, elements: Range<Int>, count: Int)
  /// Stored bytes are asked of tensors whose numbers stand as they are.
  case notPlain(file: String, tensor: String, scheme: String)
}
