// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Conversion
import Foundation
import ModelTestSupport
import Quantization
import Tensors
import TestSupport
import Testing

@testable import Runtimes

@Suite struct MLXWriterTests {
  @Test(arguments: MLXFixture.kinds)
  func `every array is the one that mlx-lm saves`(family: String, scheme: String) throws {
    let output = try TemporaryFolder()
    _ = try quantize(
      MLXFixture.options(scheme, of: MLXFixture.source(family), to: output.path("ours")))
    try expectSameArrays(output.path("ours"), MLXFixture.path(family))
    let ours = try SafetensorsModel(path: output.path("ours"))
    #expect(ours.files[0].metadata == ["format": "mlx"])
  }

  @Test(arguments: MLXFixture.kinds)
  func `config json gives every module the setting that mlx-lm gives it`(
    family: String, scheme: String
  ) throws {
    let output = try TemporaryFolder()
    _ = try quantize(
      MLXFixture.options(scheme, of: MLXFixture.source(family), to: output.path("ours")))
    let ours = try settings(output.path("ours"))
    let theirs = try settings(MLXFixture.path(family))
    let modules = try SafetensorsModel(path: output.path("ours")).tensors.map(\.name)
      .filter { $0.hasSuffix(".scales") }.map { String($0.dropLast(".scales".count)) }
    #expect(!modules.isEmpty)
    for module in modules {
      #expect(ours.setting(of: module) == theirs.setting(of: module), "\(module)")
    }
  }

  /// mlx-swift-lm decodes `quantization` so: `group_size` and `bits` must be whole numbers, `mode` may be a
  /// string, and any other key but three is a module whose value is `false` or has `group_size` and `bits`.
  @Test(arguments: [
    ("llama", "mixed_3_6"), ("qwen3-moe", "affine4"), ("gpt-oss", "mxfp4-mlx"), ("gpt2", "affine8"),
  ])
  func `config json says nothing that mlx-swift-lm can't decode`(
    family: String, scheme: String
  ) throws {
    struct Quantization: Decodable {
      var group_size: Int
      var bits: Int
      var mode: String?
    }
    let output = try TemporaryFolder()
    let group = scheme.hasPrefix("mxfp4") ? nil : 32
    _ = try quantize(
      MLXFixture.options(
        scheme, group: group, of: MLXFixture.source(family), to: output.path("ours")))
    let members = try JSONMembers(output.contents(of: "ours/config.json"))
    let text = try #require(members["quantization"])
    #expect(members["quantization_config"] == text)
    _ = try JSONDecoder().decode(Quantization.self, from: Data(text.utf8))
    let quantization = try JSONMembers(Data(text.utf8))
    for key in quantization.keys where !["group_size", "bits", "mode"].contains(key) {
      let value = try #require(quantization[key])
      _ = try JSONDecoder().decode(Quantization.self, from: Data(value.utf8))
    }
  }

  @Test func `keys that mlx-lm reads are added, and others stay what they were`() throws {
    let output = try TemporaryFolder()
    for (family, expected) in [
      (
        "gemma3",
        [
          "rope_theta": "1000000.0", "rope_local_base_freq": "10000.0",
          "sliding_window_pattern": "6",
        ]
      ),
      ("qwen3", ["rope_theta": "10000.0", "tie_word_embeddings": "false"]),
      ("qwen3-moe", ["num_experts": "8"]), ("gpt2", ["n_ctx": "256"]),
    ] {
      _ = try quantize(
        MLXFixture.options(
          "affine4", of: MLXFixture.source(family), to: output.path(family)))
      let members = try JSONMembers(output.contents(of: "\(family)/config.json"))
      for (key, value) in expected { #expect(members[key] == value, "\(family) \(key)") }
      let source = try JSONMembers(
        Data(contentsOf: URL(filePath: MLXFixture.source(family) + "/config.json")))
      for key in source.keys { #expect(members[key] == source[key], "\(family) \(key)") }
    }
  }

  @Test(arguments: ["bloom", "falcon-7b", "mpt", "opt"])
  func `a family that mlx-lm lacks is refused by name before anything is written`(
    family: String
  ) throws {
    let output = try TemporaryFolder()
    let error = #expect(throws: ConversionError.self) {
      try quantize(
        MLXFixture.options(
          "affine4", of: MLXFixture.source(family), to: output.path("ours")))
    }
    let type = family == "falcon-7b" ? "falcon" : family
    #expect(error?.description.contains("mlx does not work for the family '\(type)'") == true)
    #expect(try output.names().isEmpty)
  }

  @Test func `a recipe of mlx-lm is refused for models without down projections`() throws {
    let output = try TemporaryFolder()
    let error = #expect(throws: ConversionError.self) {
      try quantize(
        MLXFixture.options(
          "mixed_4_6", of: MLXFixture.source("gpt2"), to: output.path("ours")))
    }
    #expect(error?.description.contains("down_proj") == true)
  }

  @Test func `a scheme that MLX can't hold is refused before anything is written`() throws {
    let output = try TemporaryFolder()
    let error = #expect(throws: ConversionError.self) {
      try quantize(
        MLXFixture.options(
          "nf4", of: MLXFixture.source("llama"), to: output.path("ours")))
    }
    #expect(error?.description.contains("mlx can't hold nf4") == true)
    #expect(try output.names().isEmpty)
  }

  @Test func `the experts of a stack are in the order of their numbers`() throws {
    let output = try TemporaryFolder()
    try FileManager.default.createDirectory(
      atPath: output.path("model"), withIntermediateDirectories: true)
    // Sorted by name, number 10 comes before number 2.
    let experts = (0..<12).map { number in
      TestTensor(
        "model.layers.0.block_sparse_moe.experts.\(number).w1.weight", .bf16, [1, 32],
        [Float](repeating: Float(number), count: 32))
    }
    let head = TestTensor("lm_head.weight", .bf16, [1, 32], TestTensor.spread(32, seed: 1))
    try (experts + [head]).write(to: output.path("model/model.safetensors"))
    try output.write(#"{"model_type":"mixtral","num_hidden_layers":1}"#, as: "model/config.json")
    _ = try quantize(
      MLXFixture.options("f32", group: nil, of: output.path("model"), to: output.path("ours")))
    let stack = try SafetensorsModel(path: output.path("ours"))
      .weights("model.layers.0.block_sparse_moe.switch_mlp.gate_proj.weight")
    #expect(stack == (0..<12).flatMap { [Float](repeating: Float($0), count: 32) })
  }

  private func settings(_ path: String) throws -> MLXSettings {
    let config = try Data(contentsOf: URL(filePath: path + "/config.json"))
    return try #require(try MLXSettings(JSONMembers(config)))
  }
}

/// Checks that two folders hold the same arrays.
func expectSameArrays(_ path: String, _ other: String) throws {
  let ours = try SafetensorsModel(path: path)
  let theirs = try SafetensorsModel(path: other)
  #expect(Set(ours.tensors.map(\.name)) == Set(theirs.tensors.map(\.name)))
  for tensor in theirs.tensors {
    let found = try #require(ours.description(of: tensor.name))
    #expect(found.elementType == tensor.elementType && found.shape == tensor.shape, "\(tensor)")
    #expect(try ours.storedBytes(tensor.name) == theirs.storedBytes(tensor.name), "\(tensor.name)")
  }
}
