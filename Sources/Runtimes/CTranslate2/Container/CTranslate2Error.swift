// SPDX-License-Identifier: Apache-2.0

import Tensors

/// Why a CTranslate2 model can't be read; each case is a rule that was broken.
package enum CTranslate2Error: Error, Equatable {
  // MARK: The container

  /// The operating system must hand the file out.
  case file(FileError)
  /// The binary version is one that is known.
  case unsupportedVersion(file: String, found: UInt32)
  /// What is read lies inside the file.
  case truncated(file: String, what: String, offset: Int, needed: Int, available: Int)
  /// A file has room for as many entries as it counts.
  case tooManyEntries(file: String, kind: String, offset: Int, found: UInt32, limit: Int)
  /// A name has a byte at least, ends with a zero byte, has no other, and is UTF-8.
  case badName(file: String, what: String, offset: Int, problem: String)
  /// A name occurs once.
  case duplicateName(file: String, name: String, offset: Int)
  /// A type is one that is known.
  case unknownType(file: String, variable: String, found: UInt8, offset: Int)
  /// A variable has at most 8 dimensions.
  case tooManyDimensions(file: String, variable: String, found: UInt8, offset: Int)
  /// A variable has the bytes that its shape and type ask for.
  case wrongByteCount(
    file: String, variable: String, shape: [Int], expected: Int?, found: Int, offset: Int)
  /// An alias stands for a variable.
  case danglingAlias(file: String, alias: String, target: String, offset: Int)
  /// The file ends where its last alias ends.
  case trailingBytes(file: String, offset: Int, count: Int)

  // MARK: The model

  /// The model is a decoder without an encoder, in a revision that is known.
  case unsupportedModel(file: String, specification: String, revision: UInt32)
  /// A variable that is needed is there, and what it must be.
  case variable(file: String, name: String, problem: String)
  /// The file beside the variables says what the model needs.
  case configuration(file: String, problem: String)
  /// The variables are those of a family that can be named.
  case unknownFamily(file: String, problem: String)
  /// A tokenizer is beside the model.
  case noTokenizer(file: String)

  // MARK: Reading a tensor

  /// A tensor is asked for by a name that the model has.
  case unknownTensor(file: String, tensor: String)
  /// Elements are read from inside the tensor, into a buffer that holds them.
  case elementsOutsideTensor(file: String, tensor: String, elements: Range<Int>, count: Int)
  /// Stored bytes are asked of tensors whose numbers stand as they are.
  case notPlain(file: String, tensor: String, scheme: String)
  /// Codes are asked of tensors that stand in the order of their rows.
  case transposedCodes(file: String, tensor: String)
}
