// SPDX-License-Identifier: Apache-2.0

import Tensors

/// Why a checkpoint can't be read or written; each case is a rule that was broken.
package enum CheckpointError: Error, Equatable {
  // MARK: The file

  /// The operating system must hand the file out.
  case file(FileError)
  /// The file is there, not the pointer that Git leaves in its place.
  case gitPointer(file: String)
  /// A file holds at least the 8 bytes of the header's length.
  case shorterThanHeaderLength(file: String, byteCount: Int)
  /// The header is at least 2 bytes long.
  case emptyHeader(file: String)
  /// The header ends inside the file.
  case headerPastEnd(file: String, headerByteCount: UInt64, available: Int)
  /// The header is no longer than 100,000,000 bytes.
  case headerTooLong(file: String, headerByteCount: UInt64, limit: Int)
  /// Header and index are strict JSON of the expected form; `tensor` is the entry it happened in.
  case malformed(file: String, tensor: String?, JSONError)
  /// `__metadata__` maps strings to strings.
  case metadataIsNoText(file: String, JSONError)

  // MARK: An entry

  /// A tensor has a name.
  case emptyName(file: String, offset: Int)
  /// A tensor's name is free of control characters.
  case controlCharacterInName(file: String, tensor: String)
  /// An entry gives `dtype`, `shape` and `data_offsets`.
  case missingField(file: String, tensor: String, field: String)
  /// The element type is one of the format's, spelled as there.
  case unknownElementType(file: String, tensor: String, found: String)
  /// A tensor has at most 8 dimensions.
  case tooManyDimensions(file: String, tensor: String, limit: Int)
  /// The number of elements and of bits, multiplied up from the left, fits in 63 bits.
  case shapeOverflow(file: String, tensor: String, shape: [Int])
  /// A tensor of elements narrower than a byte fills whole bytes.
  case partialByte(file: String, tensor: String, shape: [Int], elementType: ElementType)
  /// `data_offsets` holds a start and an end.
  case wrongOffsetCount(file: String, tensor: String, found: Int)
  /// A tensor ends at or after its start.
  case offsetsReversed(file: String, tensor: String, begin: Int, end: Int)
  /// A tensor's bytes are as many as its shape and element type need.
  case wrongByteCount(file: String, tensor: String, expected: Int, found: Int)

  // MARK: The layout

  /// Every byte belongs to a tensor: each begins where the one before ends.
  case hole(file: String, tensor: String, expected: Int, found: Int)
  /// No byte belongs to two tensors.
  case overlap(file: String, tensor: String, other: String, begin: Int, otherEnd: Int)
  /// The file is long enough for the tensors of its header.
  case dataTruncated(file: String, tensor: String, expectedByteCount: Int, found: Int)
  /// The file ends where the last tensor ends.
  case trailingBytes(file: String, offset: Int, count: Int)
  /// A tensor's name occurs once; names that Unicode holds equivalent are the same.
  case duplicateTensor(tensor: String, file: String, otherFile: String)

  // MARK: The index

  /// An index names the file of at least one tensor.
  case missingWeightMap(file: String)
  /// A shard is a file in the index's own folder, named without any path.
  case untrustedShardName(file: String, tensor: String, shard: String)
  /// Every shard that the index names exists.
  case missingShard(file: String, tensor: String, shard: String)
  /// A tensor is in the shard that the index names.
  case tensorNotInShard(file: String, tensor: String, shard: String)
  /// The index names every tensor that its shards hold.
  case tensorNotInIndex(file: String, tensor: String, shard: String)

  // MARK: The model

  /// A model's tensors are stored in a format that can't run code.
  case pickle(file: String)
  /// A model's folder holds tensors.
  case noTensors(directory: String, found: [String])
  /// Without an index there is one file of tensors.
  case severalFiles(directory: String, files: [String])
  /// A file that travels with the tensors is small.
  case assetTooLarge(file: String, byteCount: Int, limit: Int)

  // MARK: Reading a tensor

  /// A tensor is asked for by a name that the model has.
  case unknownTensor(file: String, tensor: String)
  /// Elements are read from inside the tensor, into a buffer that holds them.
  case elementsOutsideTensor(file: String, tensor: String, elements: Range<Int>, count: Int)
  /// Weights are restored from real numbers of whole bytes.
  case notNumeric(file: String, tensor: String, elementType: ElementType)

  // MARK: Writing

  /// A tensor is written with a name that a header can hold.
  case reservedName(file: String, tensor: String)
  /// A tensor gets no more bytes than were declared.
  case tooManyBytes(file: String, tensor: String, declared: Int)
  /// A tensor gets all the bytes that were declared.
  case tooFewBytes(file: String, tensor: String, declared: Int, written: Int)
  /// An asset is written under a plain file name that no other file of the model has.
  case unusableAssetName(directory: String, name: String)
}
