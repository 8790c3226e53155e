// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors

/// Which files make up a checkpoint; found by name, before any tensor file is opened.
package struct CheckpointLayout {
  static let fileName = "model.safetensors"
  package static let indexName = "model.safetensors.index.json"
  static let fileSuffix = ".safetensors"

  /// The folder in which assets are looked for.
  let directory: String
  /// The paths of the files that hold tensors, sorted by name.
  let files: [String]
  /// The index, where there is one.
  let index: SafetensorsIndex?

  /// Looks at the folder or file that the user named.
  init(of path: String) throws(CheckpointError) {
    guard let kind = try Self.kind(of: path) else { throw .file(.notFound(path: path)) }
    if kind == .directory {
      try self.init(directory: path)
    } else if Pickle.isPickle(name: path) || Pickle.isPickle(contentsOf: path) {
      throw .pickle(file: path)
    } else {
      let folder = FilePath.folder(of: path)
      if path.hasSuffix(Self.fileSuffix + ".index.json") {
        try self.init(directory: folder, index: path)
      } else {
        self.init(directory: folder, path: path)
      }
    }
  }

  private init(directory: String) throws(CheckpointError) {
    let names = try Self.names(in: directory)
    if names.contains(Self.fileName) {
      self.init(directory: directory, path: FilePath.join(directory, Self.fileName))
      return
    }
    if names.contains(Self.indexName) {
      try self.init(directory: directory, index: FilePath.join(directory, Self.indexName))
      return
    }
    let candidates = names.filter { $0.hasSuffix(Self.fileSuffix) && !$0.hasPrefix(".") }
    guard let only = candidates.first else {
      if let pickle = names.first(where: Pickle.isPickle(name:)) {
        throw .pickle(file: FilePath.join(directory, pickle))
      }
      let known = names.filter { ModelAssets.includes($0) }
      throw .noTensors(directory: directory, found: known)
    }
    guard candidates.count == 1 else {
      throw .severalFiles(directory: directory, files: candidates)
    }
    self.init(directory: directory, path: FilePath.join(directory, only))
  }

  private init(directory: String, path: String) {
    self.directory = directory
    files = [path]
    index = nil
  }

  private init(directory: String, index path: String) throws(CheckpointError) {
    let index = try SafetensorsIndex(path: path)
    var files: [String] = []
    for shard in index.shards {
      let file = FilePath.join(directory, shard.name)
      guard try Self.kind(of: file) != nil else {
        throw .missingShard(file: path, tensor: shard.firstTensor, shard: shard.name)
      }
      files.append(file)
    }
    self.directory = directory
    self.files = files
    self.index = index
  }

  private static func kind(of path: String) throws(CheckpointError) -> FileKind? {
    do { return try FileKind.of(path) } catch { throw .file(error) }
  }

  private static func names(in directory: String) throws(CheckpointError) -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
    } catch {
      throw .file(.permissionDenied(path: directory, operation: .list))
    }
  }
}
