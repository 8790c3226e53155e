// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Foundation
import Quantization
import Tensors

/// Stage 1, READ: a folder of CTranslate2's with a decoder in it.
///
/// Where its variables are those of a family that is known, tensors have the names and shapes of a
/// checkpoint, and `config.json` is made from the settings; otherwise the variables are listed as they are.
package struct CTranslate2Model: EncodedSource {
  package let path: String
  package let format = CTranslate2.name
  package let assets: [Asset]
  private let variables: CTranslate2Variables
  private let arranged: any EncodedSource
  /// Why there is no `config.json`.
  private let problem: (any Error)?

  /// Whether a path is a folder of CTranslate2's, or the `model.bin` in one.
  package static func recognizes(path: String) -> Bool {
    FilePath.name(of: path) == CTranslate2.binaryName
      || (try? FileKind.of(FilePath.join(path, CTranslate2.binaryName))) == .file
  }

  /// Opens a folder, or the `model.bin` in one.
  ///
  /// - Throws: ``CTranslate2Error`` or ``CheckpointError``.
  package init(path: String) throws {
    let isFile = FilePath.name(of: path) == CTranslate2.binaryName
    let folder = isFile ? FilePath.folder(of: path) : path
    let binary = FilePath.join(folder, CTranslate2.binaryName)
    try self.init(
      path: path, file: CTranslate2File(path: binary),
      companions: ModelAssets.read(from: folder, including: [CTranslate2.vocabularyName]))
  }

  /// Opens a model whose file is open.
  ///
  /// - Parameter companions: the files beside it.
  init(path: String, file: CTranslate2File, companions: [Asset]) throws {
    guard file.specification == CTranslate2.decoderSpecification,
      file.revision <= CTranslate2.decoderRevision
    else {
      throw CTranslate2Error.unsupportedModel(
        file: file.file.path, specification: file.specification, revision: file.revision)
    }
    self.path = path
    variables = try CTranslate2Variables(path: file.file.path, file: file)
    var assets = companions.filter { $0.name != CTranslate2.configurationName }
    do {
      let configuration = try Self.configuration(in: companions, file: file.file.path)
      let translation = try CTranslate2Translation(variables, configuration: configuration)
      arranged = try ArrangedSource(variables, translation.arrangements)
      assets.append(
        Asset(
          name: "config.json",
          contents: CTranslate2Configuration(translation, variables, configuration, companions)
            .document.data))
      problem = nil
    } catch {
      arranged = variables
      problem = error
    }
    self.assets = assets.sorted { $0.name < $1.name }
  }

  private static func configuration(in companions: [Asset], file: String) throws -> JSONMembers? {
    guard let asset = companions.first(where: { $0.name == CTranslate2.configurationName }) else {
      return nil
    }
    do { return try JSONMembers(asset.contents) } catch {
      throw CTranslate2Error.configuration(
        file: file, problem: "the config.json beside it is malformed: \(error)")
    }
  }

  package var tensors: [TensorDescription] { arranged.tensors }
  package var byteCount: Int { variables.byteCount }
  package var mappedFiles: [MappedFile] { variables.mappedFiles }

  package func absence(of asset: String) -> (any Error)? {
    switch asset {
    case CTranslate2.configurationName: problem
    case "tokenizer.json": CTranslate2Error.noTokenizer(file: path)
    default: nil
    }
  }

  package func description(of name: String) -> TensorDescription? {
    arranged.description(of: name)
  }

  package func storedLocation(of name: String) -> (file: MappedFile, byteRange: Range<Int>)? {
    arranged.storedLocation(of: name)
  }

  package func stored(_ name: String) throws -> StoredTensor? {
    try requireTensor(name)
    let stored = try arranged.stored(name)
    guard stored == nil, let description = arranged.description(of: name),
      description.scheme != description.elementType.schemeName
    else { return stored }
    throw CTranslate2Error.transposedCodes(file: path, tensor: name)
  }

  package func withStoredBytes<Result>(
    of name: String, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    try requireTensor(name)
    return try arranged.withStoredBytes(of: name, body)
  }

  package func withStoredBytes<Result>(
    of name: String, in range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    try requireTensor(name)
    return try arranged.withStoredBytes(of: name, in: range, body)
  }

  package func release(_ name: String, in range: Range<Int>) { arranged.release(name, in: range) }

  package func prefetch(_ name: String) { arranged.prefetch(name) }

  package func read(
    _ name: String, elements: Range<Int>, into buffer: UnsafeMutableBufferPointer<Float>
  ) throws {
    try requireTensor(name)
    try arranged.read(name, elements: elements, into: buffer)
  }

  private func requireTensor(_ name: String) throws(CTranslate2Error) {
    if arranged.description(of: name) == nil {
      throw .unknownTensor(file: path, tensor: name)
    }
  }
}
