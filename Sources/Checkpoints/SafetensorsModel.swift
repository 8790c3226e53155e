// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors

/// Stage 1, READ: a model in safetensors, in one file or in shards, with everything beside it.
///
/// It is checked completely while it is opened; tensors are mapped, so opening reads headers and
/// assets only. Tensors come in the order of shard name, then of their bytes.
package struct SafetensorsModel: ModelSource {
  package let path: String
  package let format = "safetensors"
  package let tensors: [TensorDescription]
  package private(set) var assets: [Asset]
  package let byteCount: Int
  /// The files that hold the tensors, sorted by name.
  package let files: [SafetensorsFile]

  private struct Location {
    var file: Int
    var tensor: Int
    var description: Int
  }

  private let locations: [String: Location]

  /// Opens a folder or a single file.
  ///
  /// A folder holds `model.safetensors`, or shards and `model.safetensors.index.json`, or exactly
  /// one safetensors file of another name. A single file's assets are looked for in its folder.
  /// - Throws: ``CheckpointError``.
  package init(path: String) throws(CheckpointError) {
    let layout = try CheckpointLayout(of: path)
    var files: [SafetensorsFile] = []
    for file in layout.files { files.append(try SafetensorsFile(path: file)) }
    try self.init(path: path, files: files, assets: [])
    try layout.index?.check(against: files)
    assets = try ModelAssets.read(from: layout.directory)
  }

  /// A model of files that are open.
  ///
  /// - Throws: ``CheckpointError/duplicateTensor(tensor:file:otherFile:)``.
  package init(
    path: String, files: [SafetensorsFile], assets: [Asset]
  ) throws(CheckpointError) {
    var tensors: [TensorDescription] = []
    var locations: [String: Location] = [:]
    for (fileIndex, file) in files.enumerated() {
      for (index, tensor) in file.tensors.enumerated() {
        let location = Location(file: fileIndex, tensor: index, description: tensors.count)
        if let other = locations.updateValue(location, forKey: tensor.name) {
          throw .duplicateTensor(
            tensor: tensor.name, file: file.file.path, otherFile: files[other.file].file.name)
        }
        tensors.append(tensor.description)
      }
    }
    self.path = path
    self.files = files
    self.tensors = tensors
    self.locations = locations
    byteCount = files.reduce(0) { $0 + $1.file.byteCount }
    self.assets = assets
  }

  package var mappedFiles: [MappedFile] { files.map(\.file) }

  package func storedLocation(of name: String) -> (file: MappedFile, byteRange: Range<Int>)? {
    try? location(of: name)
  }

  package func description(of name: String) -> TensorDescription? {
    locations[name].map { tensors[$0.description] }
  }

  /// The file that holds a tensor, and the tensor's bytes in it.
  ///
  /// - Complexity: O(1).
  /// - Throws: ``CheckpointError/unknownTensor(file:tensor:)``.
  package func location(
    of name: String
  ) throws(CheckpointError) -> (file: MappedFile, byteRange: Range<Int>) {
    guard let location = locations[name] else { throw .unknownTensor(file: path, tensor: name) }
    let file = files[location.file]
    return (file.file, file.tensors[location.tensor].byteRange)
  }

  package func withStoredBytes<Result>(
    of name: String, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    let (file, range) = try location(of: name)
    return try file.withBytes(in: range, body)
  }

  package func release(_ name: String, in range: Range<Int>) {
    guard let (file, tensor) = try? location(of: name) else { return }
    file.advise(
      .dontNeed, in: tensor.lowerBound + range.lowerBound..<tensor.lowerBound + range.upperBound)
  }

  package func prefetch(_ name: String) {
    guard let (file, range) = try? location(of: name) else { return }
    file.advise(.willNeed, in: range)
  }

  package func read(
    _ name: String, elements: Range<Int>, into buffer: UnsafeMutableBufferPointer<Float>
  ) throws {
    let (file, range) = try location(of: name)
    guard let tensor = description(of: name) else { return }
    let type = tensor.elementType
    guard ElementConversion.canWiden(type) else {
      throw CheckpointError.notNumeric(file: file.path, tensor: name, elementType: type)
    }
    guard elements.lowerBound >= 0, elements.upperBound <= tensor.elementCount,
      elements.count <= buffer.count
    else {
      throw CheckpointError.elementsOutsideTensor(
        file: file.path, tensor: name, elements: elements, count: tensor.elementCount)
    }
    let width = type.bitWidth / 8
    let start = range.lowerBound + elements.lowerBound * width
    try file.withBytes(in: start..<start + elements.count * width) { bytes in
      _ = ElementConversion.widen(bytes, of: type, into: buffer)
    }
  }
}
