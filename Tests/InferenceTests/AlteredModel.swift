// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Foundation
import Tensors

/// A checkpoint whose `config.json` and tensors can be changed, to see what the decoder makes of
/// it.
struct AlteredModel: ModelSource {
  private let original: SafetensorsModel
  private var added: [String: [Float]] = [:]
  /// The stored names of tensors that have another here.
  private var originalNames: [String: String] = [:]
  private(set) var tensors: [TensorDescription]
  private(set) var assets: [Asset]

  var path: String { original.path }
  var format: String { original.format }
  var byteCount: Int { original.byteCount }

  init(_ folder: URL) throws {
    original = try SafetensorsModel(path: folder.path)
    tensors = original.tensors
    assets = original.assets
  }

  func description(of name: String) -> TensorDescription? { tensors.first { $0.name == name } }

  func withStoredBytes<Result>(
    of name: String, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result { try original.withStoredBytes(of: originalNames[name] ?? name, body) }

  func read(
    _ name: String, elements: Range<Int>, into buffer: UnsafeMutableBufferPointer<Float>
  ) throws {
    if let values = added[name] {
      _ = buffer.update(fromContentsOf: values[elements])
    } else {
      try original.read(originalNames[name] ?? name, elements: elements, into: buffer)
    }
  }
}

extension AlteredModel {
  /// The same model with keys of its `config.json` set, or removed where the value is nil.
  func configured(_ changes: [String: Any?]) throws -> AlteredModel {
    let config = asset("config.json") ?? Data("{}".utf8)
    var object = try JSONSerialization.jsonObject(with: config) as? [String: Any] ?? [:]
    for (key, value) in changes { object[key] = value }
    let data = try JSONSerialization.data(withJSONObject: object)
    return configured(with: String(decoding: data, as: UTF8.self))
  }

  /// The same model with another `config.json`, or none.
  func configured(with text: String?) -> AlteredModel {
    var model = self
    model.assets = text.map { [Asset(name: "config.json", contents: Data($0.utf8))] } ?? []
    return model
  }

  /// The same model with its tensors under other names.
  func renaming(_ rename: (String) -> String) -> AlteredModel {
    var model = self
    for index in tensors.indices {
      let name = rename(tensors[index].name)
      model.originalNames[name] = tensors[index].name
      model.tensors[index].name = name
    }
    return model
  }

  /// The same model without a tensor.
  func removing(_ name: String) -> AlteredModel {
    var model = self
    model.tensors.removeAll { $0.name == name }
    return model
  }

  /// The same model with a tensor added or replaced.
  func adding(_ name: String, shape: [Int], values: [Float]) -> AlteredModel {
    var model = removing(name)
    model.tensors.append(
      TensorDescription(
        name: name, shape: shape, elementType: .f32, scheme: "f32",
        storedByteCount: values.count * MemoryLayout<Float>.size))
    model.added[name] = values
    return model
  }
}

extension ModelSource {
  /// All numbers of a tensor.
  func numbers(_ name: String) throws -> [Float] {
    let count = description(of: name)?.elementCount ?? 0
    var numbers = [Float](repeating: .nan, count: count)
    try numbers.withUnsafeMutableBufferPointer {
      try read(name, elements: 0..<count, into: $0)
    }
    return numbers
  }
}
