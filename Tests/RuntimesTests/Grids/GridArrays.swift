// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Foundation
import Tensors
import TestSupport

@testable import Runtimes

/// The arrays of a fixture, to be changed and opened again in memory.
struct GridArrays {
  struct Array {
    var name: String
    var type: ElementType
    var shape: [Int]
    var bytes: [UInt8]
  }

  var list: [Array]
  var assets: [Asset]

  /// Takes a folder's arrays of the first layer, and its last norm.
  init(of path: String) throws {
    let model = try SafetensorsModel(path: path)
    list = try model.tensors.filter {
      $0.name.contains("layers.0.") || $0.name == "model.norm.weight"
    }
    .map {
      Array(
        name: $0.name, type: $0.elementType, shape: $0.shape,
        bytes: try model.storedBytes($0.name))
    }
    assets = model.assets
  }

  /// Gives an array another type or shape, of zeros, or takes it away where both are nil.
  mutating func change(_ name: String, to type: ElementType?, _ shape: [Int]?) {
    guard let place = list.firstIndex(where: { $0.name == name }) else { return }
    let old = list.remove(at: place)
    if type == nil, shape == nil { return }
    add(name, type ?? old.type, shape ?? old.shape)
  }

  /// Adds an array of zeros.
  mutating func add(_ name: String, _ type: ElementType, _ shape: [Int]) {
    let count = type.byteCount(of: shape.reduce(1, *)) ?? 0
    list.append(
      Array(name: name, type: type, shape: shape, bytes: .init(repeating: 0, count: count)))
  }

  /// The bytes of a file of the arrays, the first of those that share a name.
  func file() throws -> Data {
    var seen = Set<String>()
    let arrays = list.filter { seen.insert($0.name).inserted }
    let layout = try SafetensorsLayout(
      of: arrays.map { TensorDeclaration(name: $0.name, elementType: $0.type, shape: $0.shape) },
      metadata: [:], file: "arrays")
    var file = layout.header
    for tensor in layout.tensors {
      file.append(contentsOf: arrays.first { $0.name == tensor.name }?.bytes ?? [])
    }
    return file
  }

  /// Opens the arrays as what the configuration says that they are.
  func open(path: String = "arrays") throws -> any EncodedFolderSource {
    let file = try SafetensorsFile(contents: file(), path: path)
    let plain = try SafetensorsModel(path: path, files: [file], assets: assets)
    if let model = try CompressedTensorsModel(plain) { return model }
    if let model = try FP8Model(plain) { return model }
    if let model = try MXFP4Model(plain) { return model }
    if let model = try ModelOptModel(plain) { return model }
    throw RuntimeError.configuration(problem: "is nobody's")
  }
}
