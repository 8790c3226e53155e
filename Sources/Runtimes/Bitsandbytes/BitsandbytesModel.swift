// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Foundation
import Quantization
import Tensors

/// Stage 1, READ: a safetensors model whose linear layers bitsandbytes quantized.
///
/// Its tensors are those of the network: the arrays that belong to a quantized weight do not appear.
/// What `config.json` says of the quantization is left out, for it describes the files; so nothing
/// that is made of the model repeats it.
package struct BitsandbytesModel: EncodedSource {
  package let format = Bitsandbytes.name
  package let tensors: [TensorDescription]
  package let assets: [Asset]
  private let model: SafetensorsModel
  private let weights: [String: BitsandbytesWeight]
  private let places: [String: Int]

  /// Takes a model for bitsandbytes', if an array in it has one of the names that only it gives.
  ///
  /// - Throws: ``RuntimeError`` where the arrays of a weight do not fit together.
  package init?(_ model: SafetensorsModel) throws {
    var weights: [String: BitsandbytesWeight] = [:]
    let rowType = Self.declaredType(in: model)
    for tensor in model.tensors {
      for type in Bitsandbytes.QuantType.allCases where tensor.name.hasSuffix(type.stateSuffix) {
        let name = String(tensor.name.dropLast(type.stateSuffix.count))
        if weights[name] != nil {
          throw RuntimeError.malformed(
            file: model.path, tensor: name, problem: "it is described twice, as nf4 and as fp4")
        }
        weights[name] = try BitsandbytesWeight(fourBit: name, type, of: model)
      }
      if tensor.name.hasSuffix(".SCB") {
        let module = String(tensor.name.dropLast(".SCB".count))
        if weights["\(module).weight"] != nil {
          throw RuntimeError.malformed(
            file: model.path, tensor: "\(module).weight",
            problem: "it has the scales of four and of eight bits")
        }
        weights["\(module).weight"] = try BitsandbytesWeight(rowsOf: module, rowType, of: model)
      }
    }
    guard !weights.isEmpty else { return nil }
    if let family = Self.family(of: model), Bitsandbytes.transposingFamilies.contains(family) {
      throw RuntimeError.transposedLayers(file: model.path, family: family)
    }
    let hidden = Set(weights.values.flatMap(\.arrayNames)).subtracting(weights.keys)
    for tensor in model.tensors where !hidden.contains(tensor.name) {
      guard let suffix = Self.companionSuffixes.first(where: tensor.name.hasSuffix) else {
        continue
      }
      throw RuntimeError.malformed(
        file: model.path, tensor: String(tensor.name.dropLast(suffix.count)) + ".weight",
        problem: "its array \(tensor.name.quoted) has no quant_state beside it")
    }
    var tensors: [TensorDescription] = []
    for tensor in model.tensors where !hidden.contains(tensor.name) {
      tensors.append(weights[tensor.name]?.description ?? tensor)
    }
    self.model = model
    self.weights = weights
    self.tensors = tensors
    places = Dictionary(uniqueKeysWithValues: tensors.enumerated().map { ($1.name, $0) })
    assets = model.assets.map { asset in
      guard asset.name == "config.json", var members = try? JSONMembers(asset.contents),
        members["quantization_config"] != nil
      else { return asset }
      members["quantization_config"] = nil
      return Asset(name: asset.name, contents: members.text)
    }
  }

  /// What `config.json` calls the family.
  private static func family(of model: SafetensorsModel) -> String? {
    model.asset("config.json").flatMap { try? JSONMembers($0) }?["model_type"]
      .flatMap(JSONMembers.string)
  }

  /// How the names of arrays end that are nothing without a description.
  private static let companionSuffixes = [
    ".weight.absmax", ".weight.quant_map", ".weight.nested_absmax", ".weight.nested_quant_map",
  ]

  /// What int8 weights were before: the type of the model by its `config.json`, else F16, to which
  /// bitsandbytes rounds them.
  private static func declaredType(in model: SafetensorsModel) -> ElementType {
    guard let config = model.asset("config.json"), let members = try? JSONMembers(config),
      let name = (members["dtype"] ?? members["torch_dtype"]).flatMap(JSONMembers.string)
    else { return .f16 }
    return Bitsandbytes.elementType(of: name) ?? .f16
  }

  package var path: String { model.path }
  package var byteCount: Int { model.byteCount }
  package var mappedFiles: [MappedFile] { model.mappedFiles }

  package func description(of name: String) -> TensorDescription? {
    places[name].map { tensors[$0] }
  }

  package func defect(of name: String) -> String? { weights[name]?.defect }

  package func storedLocation(of name: String) -> (file: MappedFile, byteRange: Range<Int>)? {
    isPlain(name) ? model.storedLocation(of: name) : nil
  }

  package func stored(_ name: String) throws -> StoredTensor? {
    guard let weight = weights[name] else {
      if places[name] == nil { throw CheckpointError.unknownTensor(file: path, tensor: name) }
      return nil
    }
    try requireSound(weight)
    let model = model
    return StoredTensor(
      encoding: weight.encoding, component: { weight.components[$0].component },
      makeStore: { weight.store(model) })
  }

  package func withStoredBytes<Result>(
    of name: String, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    guard isPlain(name) else {
      guard let weight = weights[name] else {
        throw CheckpointError.unknownTensor(file: path, tensor: name)
      }
      throw RuntimeError.notPlain(
        file: weight.file, tensor: name, scheme: weight.description.scheme)
    }
    return try model.withStoredBytes(of: name, body)
  }

  package func release(_ name: String, in range: Range<Int>) {
    if isPlain(name) { model.release(name, in: range) }
  }

  package func read(
    _ name: String, elements: Range<Int>, into buffer: UnsafeMutableBufferPointer<Float>
  ) throws {
    guard let weight = weights[name] else {
      guard isPlain(name) else {
        throw CheckpointError.unknownTensor(file: path, tensor: name)
      }
      return try model.read(name, elements: elements, into: buffer)
    }
    try requireSound(weight)
    let count = weight.description.elementCount
    guard elements.lowerBound >= 0, elements.upperBound <= count, elements.count <= buffer.count
    else {
      throw RuntimeError.elementsOutsideTensor(
        file: weight.file, tensor: name, elements: elements, count: count)
    }
    try weight.store(model).decode(weight.encoding, elements, into: buffer, item: name)
  }

  private func isPlain(_ name: String) -> Bool { places[name] != nil && weights[name] == nil }

  private func requireSound(_ weight: BitsandbytesWeight) throws(RuntimeError) {
    if weight.defect != nil {
      throw .transposedScales(file: weight.file, tensor: weight.description.name)
    }
  }
}
