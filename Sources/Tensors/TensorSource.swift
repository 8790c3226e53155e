// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Anything that tensors are read from: a safetensors directory, a `.tone` file, a GGUF file.
///
/// A source is opened once, checked completely while it is opened, and then read from any thread.
package protocol TensorSource: Sendable {
  /// Every tensor, in the order in which reading them walks forward through the file.
  var tensors: [TensorDescription] { get }

  /// The tensor of that name, or nil. O(1).
  func description(of name: String) -> TensorDescription?

  /// Calls `body` with the stored bytes of a tensor whose numbers stand as they are (its scheme is
  /// its element type in lower case), little-endian and row-major, at any alignment.
  ///
  /// - Throws: the source's error where the tensor is absent, encoded, or can't be read.
  func withStoredBytes<Result>(
    of name: String, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result

  /// The same for some of the bytes only, so that a source that stores them compressed restores no more.
  ///
  /// - Parameter range: inside the tensor's bytes.
  func withStoredBytes<Result>(
    of name: String, in range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result

  /// Tells the source that some bytes of a tensor will not be needed again soon, so that it may let
  /// their memory go. They can still be read.
  func release(_ name: String, in range: Range<Int>)

  /// Tells the source that a tensor will be read soon, so that it may have the system fetch it.
  func prefetch(_ name: String)

  /// Restores the weights `elements` of the flat tensor as fp32 into the start of `buffer`.
  ///
  /// - Parameters:
  ///   - elements: a range inside `0 ..< elementCount`, row-major.
  ///   - buffer: at least `elements.count` long.
  /// - Throws: the source's error where the tensor is absent, not of a numeric type, or unreadable.
  func read(
    _ name: String, elements: Range<Int>, into buffer: UnsafeMutableBufferPointer<Float>
  ) throws
}

extension TensorSource {
  package func release(_ name: String, in range: Range<Int>) {}

  package func prefetch(_ name: String) {}

  /// Tells the source that a tensor will not be needed again soon.
  package func release(_ name: String) {
    guard let tensor = description(of: name) else { return }
    release(name, in: 0..<tensor.storedByteCount)
  }

  package func withStoredBytes<Result>(
    of name: String, in range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    try withStoredBytes(of: name) { try body(UnsafeRawBufferPointer(rebasing: $0[range])) }
  }
}

/// A whole model: tensors and everything else that is needed to run it.
package protocol ModelSource: TensorSource {
  /// Where it was opened, as the user wrote it.
  var path: String { get }
  /// The format in a word: `safetensors`, `tone`, `gguf`.
  var format: String { get }
  /// The files that travel with the tensors: `config.json`, tokenizer, generation settings, chat
  /// template, licence. Sorted by name.
  var assets: [Asset] { get }
  /// The size in bytes of the files that hold the tensors.
  var byteCount: Int { get }
  /// The files that hold the tensors; none where the model is in memory only.
  var mappedFiles: [MappedFile] { get }

  /// Where a tensor's stored bytes are in one of the files, or nil where they do not stand there as they
  /// are.
  func storedLocation(of name: String) -> (file: MappedFile, byteRange: Range<Int>)?

  /// Some of the bytes of a tensor whose numbers stand as they are, to be kept: where they are mapped, if
  /// that can be. Nil where this source does not give them out, and then the numbers must be read.
  ///
  /// - Parameter range: inside the tensor's bytes.
  /// - Throws: the source's error where they can't be read.
  func retainedBytes(of name: String, in range: Range<Int>) throws -> RetainedBytes?

  /// What makes a tensor unreadable though its file is sound, in one sentence; nil where nothing does.
  ///
  /// Reading such a tensor throws an error that says the same.
  func defect(of name: String) -> String?

  /// Why a file that such a model usually has is not among ``assets``, where the format knows better
  /// than that it is missing; nil otherwise.
  func absence(of asset: String) -> (any Error)?
}

extension ModelSource {
  package var mappedFiles: [MappedFile] { [] }

  package func storedLocation(of name: String) -> (file: MappedFile, byteRange: Range<Int>)? { nil }

  package func retainedBytes(of name: String, in range: Range<Int>) throws -> RetainedBytes? {
    guard let (file, tensor) = storedLocation(of: name) else { return nil }
    let start = tensor.lowerBound
    return try file.retainedBytes(in: start + range.lowerBound..<start + range.upperBound)
  }

  package func defect(of name: String) -> String? { nil }

  package func absence(of asset: String) -> (any Error)? { nil }

  /// The asset of that name, or nil.
  package func asset(_ name: String) -> Data? {
    assets.first { $0.name == name }?.contents
  }
}

/// A small file that travels with a model, unchanged.
package struct Asset: Sendable, Equatable {
  /// The file's name, without a folder.
  package var name: String
  /// Its bytes.
  package var contents: Data

  package init(name: String, contents: Data) {
    self.name = name
    self.contents = contents
  }
}
