// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Foundation
import Quantization
import Tensors

/// Stage 1, READ: a safetensors model as mlx-lm saves it.
///
/// Its tensors have the names of a checkpoint, stacked experts are taken apart, and the arrays that belong
/// to a quantized weight do not appear. What `config.json` says of the quantization is left out, for it
/// describes the files.
package struct MLXModel: EncodedSource {
  /// Plain numbers of the file that are a tensor.
  private struct Plain: Sendable {
    var array: String
    /// The first of its bytes in the array.
    var start: Int
    var isWhole: Bool
  }

  package let format = MLX.name
  package let tensors: [TensorDescription]
  package let assets: [Asset]
  let family: MLXFamily?
  private let model: SafetensorsModel
  private let weights: [String: MLXWeight]
  private let plain: [String: Plain]
  private let places: [String: Int]

  /// Takes a model for MLX's, if `config.json` states a quantization of that kind or the files say so.
  ///
  /// - Throws: ``RuntimeError`` where the arrays of a weight do not fit together.
  package init?(_ model: SafetensorsModel) throws {
    let config = model.asset("config.json")
    let isMarked = model.files.contains { $0.metadata["format"] == "mlx" }
    // A config.json that is no object is another's concern.
    let members = config.flatMap { try? JSONMembers($0) }
    let settings = try members.flatMap { try MLXSettings($0) }
    guard isMarked || settings != nil else { return nil }
    let modules = model.tensors.map(\.name).filter { $0.hasSuffix(".scales") }
      .map { String($0.dropLast(".scales".count)) }
      .filter { model.description(of: "\($0).weight")?.elementType == .u32 }
    if settings == nil, !modules.isEmpty {
      throw RuntimeError.configuration(
        problem: members == nil ? "is missing or malformed" : "states no quantization")
    }
    let type = Self.declaredType(members)
    let family = members?["model_type"].flatMap(JSONMembers.string).flatMap(MLXFamily.named)
    self.family = family
    var found: [String: MLXWeight] = [:]
    for path in modules {
      guard let setting = settings?.setting(of: path) else { continue }
      found["\(path).weight"] = try MLXWeight(path, setting, type, of: model)
    }
    let hidden = Set(found.values.flatMap(\.companions))
    var tensors: [TensorDescription] = []
    var weights: [String: MLXWeight] = [:]
    var plain: [String: Plain] = [:]
    for tensor in model.tensors where !hidden.contains(tensor.name) {
      let name = family?.checkpointName(tensor.name) ?? tensor.name
      if let members = family?.experts?.members(of: tensor.name), tensor.isStack {
        for index in 0..<tensor.shape[0] {
          let name = members(index)
          if let stack = found[tensor.name] {
            weights[name] = stack.matrix(index, named: name)
            tensors.append(stack.matrix(index, named: name).description)
          } else {
            let byteCount = tensor.storedByteCount / tensor.shape[0]
            plain[name] = Plain(array: tensor.name, start: index * byteCount, isWhole: false)
            tensors.append(
              TensorDescription(
                name: name, shape: Array(tensor.shape.dropFirst()),
                elementType: tensor.elementType, scheme: tensor.scheme, storedByteCount: byteCount))
          }
        }
      } else if var weight = found[tensor.name] {
        weight.description.name = name
        weights[name] = weight
        tensors.append(weight.description)
      } else {
        var tensor = tensor
        plain[name] = Plain(array: tensor.name, start: 0, isWhole: true)
        tensor.name = name
        tensors.append(tensor)
      }
    }
    guard Set(tensors.map(\.name)).count == tensors.count else {
      throw RuntimeError.malformed(
        file: model.path, tensor: Self.duplicate(in: tensors),
        problem: "two arrays are this tensor of a checkpoint")
    }
    self.model = model
    self.weights = weights
    self.plain = plain
    self.tensors = tensors
    places = Dictionary(uniqueKeysWithValues: tensors.enumerated().map { ($1.name, $0) })
    assets = model.assets.map { asset in
      guard asset.name == "config.json", var members else { return asset }
      members["quantization"] = nil
      if settings != nil { members["quantization_config"] = nil }
      return Asset(name: asset.name, contents: members.text)
    }
  }

  private static func duplicate(in tensors: [TensorDescription]) -> String {
    var seen: Set<String> = []
    return tensors.first { !seen.insert($0.name).inserted }?.name ?? ""
  }

  /// What weights were before whose scales do not say: the type of the model by its `config.json`, else
  /// BF16.
  private static func declaredType(_ members: JSONMembers?) -> ElementType {
    let name = (members?["dtype"] ?? members?["torch_dtype"]).flatMap(JSONMembers.string)
    return ["float16": .f16, "float32": .f32][name ?? ""] ?? .bf16
  }

  package var path: String { model.path }
  package var byteCount: Int { model.byteCount }
  package var mappedFiles: [MappedFile] { model.mappedFiles }

  package func description(of name: String) -> TensorDescription? {
    places[name].map { tensors[$0] }
  }

  package func storedLocation(of name: String) -> (file: MappedFile, byteRange: Range<Int>)? {
    guard let place = plain[name], place.isWhole else { return nil }
    return model.storedLocation(of: place.array)
  }

  package func stored(_ name: String) throws -> StoredTensor? {
    guard let weight = weights[name] else {
      if places[name] == nil { throw CheckpointError.unknownTensor(file: path, tensor: name) }
      return nil
    }
    let model = model
    return StoredTensor(
      encoding: weight.encoding, component: { weight.components[$0].component },
      makeStore: { weight.store(model) })
  }

  package func withStoredBytes<Result>(
    of name: String, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    try withStoredBytes(of: name, in: 0..<(description(of: name)?.storedByteCount ?? 0), body)
  }

  package func withStoredBytes<Result>(
    of name: String, in range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    guard let place = plain[name] else {
      guard let weight = weights[name] else {
        throw CheckpointError.unknownTensor(file: path, tensor: name)
      }
      throw RuntimeError.notPlain(
        file: weight.file, tensor: name, scheme: weight.description.scheme)
    }
    return try model.withStoredBytes(
      of: place.array, in: place.start + range.lowerBound..<place.start + range.upperBound, body)
  }

  package func release(_ name: String, in range: Range<Int>) {
    guard let place = plain[name] else { return }
    model.release(
      place.array, in: place.start + range.lowerBound..<place.start + range.upperBound)
  }

  package func read(
    _ name: String, elements: Range<Int>, into buffer: UnsafeMutableBufferPointer<Float>
  ) throws {
    guard let description = description(of: name) else {
      throw CheckpointError.unknownTensor(file: path, tensor: name)
    }
    guard elements.lowerBound >= 0, elements.upperBound <= description.elementCount,
      elements.count <= buffer.count
    else {
      throw RuntimeError.elementsOutsideTensor(
        file: path, tensor: name, elements: elements, count: description.elementCount)
    }
    if let weight = weights[name] {
      try weight.store(model).decode(weight.encoding, elements, into: buffer, item: name)
    } else if let place = plain[name] {
      let first = place.start * 8 / description.elementType.bitWidth
      try model.read(
        place.array, elements: first + elements.lowerBound..<first + elements.upperBound,
        into: buffer)
    }
  }
}
