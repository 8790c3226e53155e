// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Container
import Conversion
import Foundation
import ModelTestSupport
import Quantization
import Tensors
import TestSupport

/// A small model folder on disk.
final class ModelFolder {
  let folder: TemporaryFolder
  let tensors: [TestTensor]
  /// The model's own folder; what is made of it goes beside.
  var path: String { folder.path("model") }

  /// Writes `model.safetensors` and a `config.json`.
  init(_ tensors: [TestTensor]) throws {
    folder = try TemporaryFolder()
    self.tensors = tensors
    try FileManager.default.createDirectory(
      atPath: folder.path("model"), withIntermediateDirectories: true)
    try tensors.write(to: folder.path("model/model.safetensors"))
    try folder.write(
      #"{"model_type":"none","torch_dtype":"bfloat16","rope":1e-5}"#, as: "model/config.json")
    try folder.write("do what you like", as: "model/LICENSE")
  }

  /// Options for an output in the same folder.
  func options(
    _ scheme: String = "nf4", twice: Bool = false, output: String = "out.tone",
    rules: [Recipe.Rule] = []
  ) -> QuantizeOptions {
    var options = QuantizeOptions(
      input: path, output: folder.path(output),
      recipe: Recipe(
        linearLayers: .scheme(
          name: scheme, options: SchemeOptions(doubleQuantization: twice)), rules: rules))
    options.threads = 2
    return options
  }

  /// What is in the folder beside the model, hidden files too.
  func outputs() throws -> [String] { try folder.names().filter { $0 != "model" } }

  func tensor(_ name: String) -> TestTensor? { tensors.first { $0.name == name } }
}

extension ModelFolder {
  /// Tensors of every kind that conversion tells apart.
  static let everyKind: [TestTensor] =
    [
      TestTensor("a.up_proj.weight", .bf16, [37, 211], TestTensor.spread(37 * 211, seed: 1)),
      TestTensor("b.down_proj.weight", .f16, [9, 333], TestTensor.spread(9 * 333, seed: 2)),
      TestTensor("c.q_proj.weight", .f32, [64, 64], TestTensor.spread(4096, seed: 3)),
      TestTensor("d.one.weight", .bf16, [1, 1], [0.5]),
      TestTensor("embed_tokens.weight", .bf16, [50, 20], TestTensor.spread(1000, seed: 4)),
      TestTensor("norm.weight", .f32, [20], TestTensor.spread(20, seed: 5)),
      TestTensor("scalar", .f32, [], [3.25]),
      TestTensor("none.weight", .bf16, [0, 4], []),
    ] + others

  /// Tensors whose types are carried through untouched.
  static let others: [TestTensor] = [
    TestTensor("k.f64", .f64, [2, 3], bytes: random(48, seed: 10)),
    TestTensor("k.i64", .i64, [5], bytes: random(40, seed: 11)),
    TestTensor("k.f8.weight", .f8e4m3, [7, 9], bytes: random(63, seed: 12)),
    TestTensor("k.bool", .bool, [3], bytes: [0, 1, 1]),
    TestTensor("k.f4.weight", .f4, [3, 6], bytes: random(9, seed: 13)),
    TestTensor("k.i32", .i32, [], bytes: random(4, seed: 14)),
    TestTensor("k.empty", .i64, [2, 0], bytes: []),
  ]

  private static func random(_ count: Int, seed: UInt64) -> [UInt8] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
  }
}

extension ModelSource {
  /// All weights of a tensor.
  func weights(_ name: String) throws -> [Float] {
    let count = description(of: name)?.elementCount ?? 0
    var weights = [Float](repeating: .nan, count: count)
    try weights.withUnsafeMutableBufferPointer { try read(name, elements: 0..<count, into: $0) }
    return weights
  }

  /// All stored bytes of a tensor.
  func storedBytes(_ name: String) throws -> [UInt8] {
    try withStoredBytes(of: name) { Array($0) }
  }
}
