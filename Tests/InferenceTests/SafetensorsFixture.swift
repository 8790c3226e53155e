// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors

/// A well-formed safetensors folder of fp32, fp16 or bf16 tensors in memory, just enough of a
/// source to run models from fixtures, and to break them on purpose.
final class SafetensorsFixture: ModelSource {
  let path: String
  let format = "safetensors"
  let assets: [Asset]
  let tensors: [TensorDescription]
  let byteCount: Int
  private let values: [String: [Float]]

  enum Failure: Error, Equatable {
    case absent(String)
    case notNumeric(String)
    case noStoredBytes
  }

  /// Reads `folder/file` and `folder/config.json`, if there is one.
  convenience init(_ folder: URL, file: String = "model.safetensors") throws {
    let data = try Data(contentsOf: folder.appending(path: file))
    let config = try? Data(contentsOf: folder.appending(path: "config.json"))
    try self.init(data, config: config, path: folder.path)
  }

  init(_ data: Data, config: Data?, path: String) throws {
    struct Entry: Decodable {
      var dtype: String
      var shape: [Int]
      var data_offsets: [Int]
    }
    let headerLength = data.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    let header = data.dropFirst(8).prefix(headerLength)
    let json = try JSONSerialization.jsonObject(with: header) as? [String: [String: Any]] ?? [:]
    var tensors: [(Int, TensorDescription)] = []
    var values: [String: [Float]] = [:]
    for (name, fields) in json where name != "__metadata__" {
      let entry = try JSONDecoder().decode(
        Entry.self, from: JSONSerialization.data(withJSONObject: fields))
      guard let type = ElementType(rawValue: entry.dtype) else { throw Failure.notNumeric(name) }
      let start = data.startIndex + 8 + headerLength
      let bytes = data[start + entry.data_offsets[0]..<start + entry.data_offsets[1]]
      values[name] = try Self.numbers(bytes, type, name: name)
      let description = TensorDescription(
        name: name, shape: entry.shape, elementType: type, scheme: entry.dtype.lowercased(),
        storedByteCount: bytes.count)
      tensors.append((entry.data_offsets[0], description))
    }
    self.tensors = tensors.sorted { $0.0 < $1.0 }.map(\.1)
    self.values = values
    self.path = path
    byteCount = data.count
    assets = config.map { [Asset(name: "config.json", contents: $0)] } ?? []
  }

  private init(
    path: String, assets: [Asset], tensors: [TensorDescription], values: [String: [Float]]
  ) {
    self.path = path
    self.assets = assets
    self.tensors = tensors
    self.values = values
    byteCount = 0
  }

  private static func numbers(_ bytes: Data, _ type: ElementType, name: String) throws -> [Float] {
    try bytes.withUnsafeBytes { raw in
      func widened<Stored>(_: Stored.Type, _ widen: (Stored) -> Float) -> [Float] {
        (0..<raw.count / MemoryLayout<Stored>.size).map {
          widen(raw.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Stored>.size, as: Stored.self))
        }
      }
      switch type {
      case .f32: return widened(Float.self) { $0 }
      case .bf16: return widened(UInt16.self) { Float(bitPattern: UInt32($0) << 16) }
      case .i32: return widened(Int32.self) { Float($0) }
      default: throw Failure.notNumeric(name)
      }
    }
  }

  func description(of name: String) -> TensorDescription? { tensors.first { $0.name == name } }

  func withStoredBytes<Result>(
    of name: String, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result { throw Failure.noStoredBytes }

  func read(
    _ name: String, elements: Range<Int>, into buffer: UnsafeMutableBufferPointer<Float>
  ) throws {
    guard let all = values[name] else { throw Failure.absent(name) }
    _ = buffer.update(fromContentsOf: all[elements])
  }

  /// All numbers of a tensor.
  func numbers(_ name: String) throws -> [Float] {
    guard let all = values[name] else { throw Failure.absent(name) }
    return all
  }
}

// MARK: - Breaking a model on purpose

extension SafetensorsFixture {
  /// The same model with keys of its `config.json` set, or removed where the value is nil.
  func configured(_ changes: [String: Any?]) throws -> SafetensorsFixture {
    let config = asset("config.json") ?? Data("{}".utf8)
    var object = try JSONSerialization.jsonObject(with: config) as? [String: Any] ?? [:]
    for (key, value) in changes { object[key] = value }
    let data = try JSONSerialization.data(withJSONObject: object)
    return SafetensorsFixture(
      path: path, assets: [Asset(name: "config.json", contents: data)], tensors: tensors,
      values: values)
  }

  /// The same model with another `config.json`, or none.
  func configured(with text: String?) -> SafetensorsFixture {
    SafetensorsFixture(
      path: path,
      assets: text.map { [Asset(name: "config.json", contents: Data($0.utf8))] } ?? [],
      tensors: tensors, values: values)
  }

  /// The same model without a tensor.
  func removing(_ name: String) -> SafetensorsFixture {
    SafetensorsFixture(
      path: path, assets: assets, tensors: tensors.filter { $0.name != name }, values: values)
  }

  /// The same model with a tensor added or replaced.
  func adding(_ name: String, shape: [Int], values new: [Float]) -> SafetensorsFixture {
    let description = TensorDescription(
      name: name, shape: shape, elementType: .f32, scheme: "f32",
      storedByteCount: new.count * 4)
    return SafetensorsFixture(
      path: path, assets: assets,
      tensors: tensors.filter { $0.name != name } + [description],
      values: values.merging([name: new]) { $1 })
  }
}
