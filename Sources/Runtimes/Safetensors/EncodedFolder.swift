// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Quantization
import Tensors

/// The tensors of a safetensors model of which some are held in several arrays: what the readers of all
/// runtimes have in common.
struct EncodedFolder: Sendable {
  let model: SafetensorsModel
  let tensors: [TensorDescription]
  let assets: [Asset]
  private let weights: [String: EncodedWeight]
  private let places: [String: Int]

  /// - Parameter hidden: arrays that are no tensors of the model, besides those of the weights.
  /// - Throws: ``RuntimeError/malformed(file:tensor:problem:)`` where two weights have one name.
  init(
    _ model: SafetensorsModel, weights: [EncodedWeight], hidden others: [String] = []
  ) throws(RuntimeError) {
    var byName: [String: EncodedWeight] = [:]
    var byPlace: [String: EncodedWeight] = [:]
    var hidden = Set(others)
    for weight in weights {
      let name = weight.description.name
      guard byName.updateValue(weight, forKey: name) == nil else {
        throw .malformed(file: weight.file, tensor: name, problem: "it is described twice")
      }
      byPlace[weight.arrayNames.first ?? name] = weight
      hidden.formUnion(weight.arrayNames)
    }
    var tensors: [TensorDescription] = []
    for tensor in model.tensors {
      if let weight = byPlace[tensor.name] {
        tensors.append(weight.description)
      } else if !hidden.contains(tensor.name) {
        guard byName[tensor.name] == nil else {
          throw .malformed(
            file: model.path, tensor: tensor.name, problem: "it is there plainly and quantized too")
        }
        tensors.append(tensor)
      }
    }
    self.model = model
    self.weights = byName
    self.tensors = tensors
    places = Dictionary(uniqueKeysWithValues: tensors.enumerated().map { ($1.name, $0) })
    assets = model.assets.filter { $0.name != ModelOpt.configurationFile }.map { asset in
      guard asset.name == "config.json", var members = try? JSONMembers(asset.contents),
        members["quantization_config"] != nil
      else { return asset }
      members["quantization_config"] = nil
      return Asset(name: asset.name, contents: members.text)
    }
  }

  func weight(_ name: String) -> EncodedWeight? { weights[name] }

  func description(of name: String) -> TensorDescription? { places[name].map { tensors[$0] } }

  func isPlain(_ name: String) -> Bool { places[name] != nil && weights[name] == nil }

  func requireSound(_ weight: EncodedWeight) throws(RuntimeError) {
    if let defect = weight.defect { throw defect.error }
  }
}

/// A source that is an ``EncodedFolder``.
///
/// Its tensors are those of the network: the arrays that belong to a quantized weight do not appear.
/// What `config.json` says of the quantization is left out, for it describes the files; so nothing
/// that is made of the model repeats it.
protocol EncodedFolderSource: EncodedSource {
  var folder: EncodedFolder { get }
}

extension EncodedFolderSource {
  package var tensors: [TensorDescription] { folder.tensors }
  package var assets: [Asset] { folder.assets }
  package var path: String { folder.model.path }
  package var byteCount: Int { folder.model.byteCount }
  package var mappedFiles: [MappedFile] { folder.model.mappedFiles }

  package func description(of name: String) -> TensorDescription? {
    folder.description(of: name)
  }

  package func defect(of name: String) -> String? { folder.weight(name)?.defect?.sentence }

  package func storedLocation(of name: String) -> (file: MappedFile, byteRange: Range<Int>)? {
    folder.isPlain(name) ? folder.model.storedLocation(of: name) : nil
  }

  package func stored(_ name: String) throws -> StoredTensor? {
    guard let weight = folder.weight(name) else {
      if !folder.isPlain(name) { throw CheckpointError.unknownTensor(file: path, tensor: name) }
      return nil
    }
    try folder.requireSound(weight)
    if let problem = weight.copyProblem {
      throw RuntimeError.notCopied(file: weight.file, tensor: name, problem: problem)
    }
    let model = folder.model
    return StoredTensor(
      encoding: weight.encoding, component: { weight.components[$0].component },
      makeStore: { weight.store(model) })
  }

  package func withStoredBytes<Result>(
    of name: String, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    guard folder.isPlain(name) else {
      guard let weight = folder.weight(name) else {
        throw CheckpointError.unknownTensor(file: path, tensor: name)
      }
      throw RuntimeError.notPlain(
        file: weight.file, tensor: name, scheme: weight.description.scheme)
    }
    return try folder.model.withStoredBytes(of: name, body)
  }

  package func release(_ name: String, in range: Range<Int>) {
    if folder.isPlain(name) { folder.model.release(name, in: range) }
  }

  package func read(
    _ name: String, elements: Range<Int>, into buffer: UnsafeMutableBufferPointer<Float>
  ) throws {
    guard let weight = folder.weight(name) else {
      guard folder.isPlain(name) else {
        throw CheckpointError.unknownTensor(file: path, tensor: name)
      }
      return try folder.model.read(name, elements: elements, into: buffer)
    }
    try folder.requireSound(weight)
    let count = weight.description.elementCount
    guard elements.lowerBound >= 0, elements.upperBound <= count, elements.count <= buffer.count
    else {
      throw RuntimeError.elementsOutsideTensor(
        file: weight.file, tensor: name, elements: elements, count: count)
    }
    try weight.store(folder.model).decode(weight.encoding, elements, into: buffer, item: name)
  }
}
