// SPDX-License-Identifier: Apache-2.0

import Tensors

/// Stage 1, READ: a model in GGUF, in one file or in several.
///
/// Where the architecture is one that can be translated, tensors have the names, shapes and row
/// order of a Hugging Face checkpoint, and `config.json` is made from the metadata; otherwise
/// tensors are listed as they are. The tokenizer's files are made from the metadata too.
package final class GGUFModel: ModelSource {
  package let path: String
  package let format = "gguf"
  package let tensors: [TensorDescription]
  package let byteCount: Int
  /// The files, in order.
  package let files: [GGUFFile]
  /// `general.architecture`.
  package let architecture: String

  let parts: [GGUFPart]
  let translation: GGUFTranslation?
  private let indices: [String: Int]
  private let made = GGUFMadeFiles()

  /// Opens a file and, where it is one of several, the others beside it.
  ///
  /// - Throws: ``GGUFError``.
  package convenience init(path: String) throws {
    try self.init(path: path, files: GGUFShards.open(path))
  }

  /// Opens a model whose files are open.
  ///
  /// - Throws: ``GGUFError``.
  package init(path: String, files: [GGUFFile]) throws {
    let metadata = files[0].metadata
    let architecture = try metadata.text("general.architecture") ?? ""
    let names = Set(files.flatMap { $0.tensors.map(\.name) })
    var translation = try GGUFFamily.of(architecture, has: names.contains).map { family in
      try GGUFTranslation(
        family, sizes: GGUFSizes(GGUFArchitectureKeys(metadata, architecture: architecture)))
    }
    var parts: [GGUFPart] = []
    var indices: [String: Int] = [:]
    for (fileIndex, file) in files.enumerated() {
      for (index, tensor) in file.tensors.enumerated() {
        let found =
          try translation?.parts(
            of: tensor, file: fileIndex, index: index, path: file.file.path)
          ?? [GGUFPart(tensor, file: fileIndex, index: index)]
        for part in found {
          let name = part.description.name
          if let other = indices.updateValue(parts.count, forKey: name) {
            throw GGUFError.tensorInTwoFiles(
              file: file.file.path, tensor: name, other: files[parts[other].file].file.name)
          }
          parts.append(part)
        }
      }
    }
    self.path = path
    self.architecture = architecture
    self.files = files
    self.parts = parts
    self.indices = indices
    self.translation = translation
    tensors = parts.map(\.description)
    byteCount = files.reduce(0) { $0 + $1.file.byteCount }
  }

  package var assets: [Asset] { made.of(self).assets }

  package var mappedFiles: [MappedFile] { files.map(\.file) }

  package func absence(of asset: String) -> (any Error)? { made.of(self).absences[asset] }

  package func description(of name: String) -> TensorDescription? {
    indices[name].map { tensors[$0] }
  }

  /// The part of that name.
  ///
  /// - Throws: ``GGUFError/unknownTensor(file:tensor:)``
  func part(_ name: String) throws(GGUFError) -> GGUFPart {
    guard let index = indices[name] else { throw .unknownTensor(file: path, tensor: name) }
    return parts[index]
  }

  /// The file and the tensor of a part.
  func stored(_ part: GGUFPart) -> (file: MappedFile, tensor: GGUFTensor) {
    let file = files[part.file]
    return (file.file, file.tensors[part.tensor])
  }
}
