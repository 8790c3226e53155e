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

@Suite struct MLXModelTests {
  @Test(arguments: MLXFixture.kinds)
  func `the tensors are those of the checkpoint`(family: String, scheme: String) throws {
    let model = try openModel(at: MLXFixture.path(family))
    let source = try openModel(at: MLXFixture.source(family))
    #expect(model.format == "mlx")
    #expect(Set(model.tensors.map(\.name)) == Set(source.tensors.map(\.name)))
    for tensor in source.tensors {
      let found = try #require(model.description(of: tensor.name))
      #expect(found.shape == tensor.shape && found.elementType == tensor.elementType)
    }
    let config = try JSONMembers(#require(model.asset("config.json")))
    #expect(config["quantization"] == nil && config["quantization_config"] == nil)
  }

  /// The weights by MLX's rule, from the codes as its readers take them out of words of 32 bits.
  @Test func `weights are codes times scale plus bias, exactly`() throws {
    let model = try openModel(at: MLXFixture.path("llama"))
    let arrays = try SafetensorsModel(path: MLXFixture.path("llama"))
    for (name, bits) in [
      ("model.layers.0.mlp.gate_proj.weight", 3), ("lm_head.weight", 6),
    ] {
      let module = name.dropLast(".weight".count)
      let codes = try arrays.storedBytes(name)
      let scales = try arrays.weights("\(module).scales")
      let biases = try arrays.weights("\(module).biases")
      let count = try #require(model.description(of: name)).elementCount
      let expected = (0..<count).map { index in
        let code = (0..<bits).reduce(0) { code, bit in
          let place = index * bits + bit
          return code | Int(codes[place / 8] >> (place % 8) & 1) << bit
        }
        return Float(code) * scales[index / 32] + biases[index / 32]
      }
      #expect(model.description(of: name)?.scheme == "affine\(bits)")
      #expect(try model.weights(name) == expected)
      var part = [Float](repeating: .nan, count: 100)
      try part.withUnsafeMutableBufferPointer { try model.read(name, elements: 77..<177, into: $0) }
      #expect(part == Array(expected[77..<177]))
    }
  }

  @Test(arguments: MLXFixture.kinds)
  func `codes survive the way to tone and back bit for bit, stacked ones too`(
    family: String, scheme: String
  ) throws {
    let output = try TemporaryFolder()
    let tone = output.path("model.tone")
    _ = try export(
      MLXFixture.options(scheme, of: MLXFixture.path(family), to: tone, as: "tone"))
    _ = try export(MLXFixture.options(scheme, of: tone, to: output.path("back")))
    try expectSameArrays(output.path("back"), MLXFixture.path(family))
  }

  @Test(arguments: ["gpt2", "gpt-neox", "gpt-oss", "qwen3-moe", "deepseek-v3"])
  func `names and orders that mlx-lm changes are the checkpoint's again`(family: String) throws {
    let output = try TemporaryFolder()
    _ = try quantize(
      MLXFixture.options(
        "f32", group: nil, of: MLXFixture.source(family), to: output.path("ours")))
    let model = try openModel(at: output.path("ours"))
    let source = try openModel(at: MLXFixture.source(family))
    #expect(Set(model.tensors.map(\.name)) == Set(source.tensors.map(\.name)))
    for tensor in source.tensors where tensor.elementType.isQuantizable {
      #expect(try model.weights(tensor.name) == source.weights(tensor.name), "\(tensor.name)")
    }
  }

  @Test(arguments: ["gpt2", "gpt-oss"])
  func `codes that stand transposed there are not taken for plain numbers`(family: String) throws {
    let output = try TemporaryFolder()
    var options = MLXFixture.options(
      "bf16", group: nil, of: MLXFixture.source(family), to: output.path("ours"))
    let pattern = family == "gpt2" ? "*.c_fc.weight" : "*.down_proj.weight"
    options.recipe.rules = [
      .init(pattern: pattern, choice: .scheme(name: "affine4", options: .init(blockSize: 32)))
    ]
    _ = try quantize(options)
    for format in ["tone", "mlx"] {
      let next = MLXFixture.options(
        "affine4", of: output.path("ours"), to: output.path("next"), as: format)
      #expect(throws: ConversionError.self) { try quantize(next) }
      let error = #expect(throws: ConversionError.self) { try export(next) }
      #expect(error?.description.contains("affine4") == true)
    }
    _ = try export(
      MLXFixture.options(
        "f32", of: output.path("ours"), to: output.path("plain"), as: "safetensors"))
  }

  @Test func `mxfp4 is read as it is written`() throws {
    let output = try TemporaryFolder()
    for format in ["mlx", "tone"] {
      _ = try quantize(
        MLXFixture.options(
          "mxfp4-mlx", group: nil, of: MLXFixture.source("llama"), to: output.path(format),
          as: format))
    }
    let model = try openModel(at: output.path("mlx"))
    let tone = try openModel(at: output.path("tone"))
    for tensor in tone.tensors where tensor.scheme == "mxfp4-mlx" {
      #expect(model.description(of: tensor.name)?.scheme == "mxfp4")
      #expect(try model.weights(tensor.name) == tone.weights(tensor.name), "\(tensor.name)")
    }
  }

  private struct Refusal: Sendable {
    var arrays: [TestTensor]
    var config: String
    var message: String
  }

  private static let weight = "a.q_proj.weight"
  private static let codes = TestTensor(
    weight, .u32, [2, 8], bytes: .init(repeating: 1, count: 64))
  private static let scales = TestTensor("a.q_proj.scales", .bf16, [2, 1], [1, 2])
  private static let biases = TestTensor("a.q_proj.biases", .bf16, [2, 1], [0, 0])
  private static let fourBits = #"{"quantization":{"group_size":64,"bits":4}}"#

  private static let refusals = [
    Refusal(arrays: [codes, scales], config: fourBits, message: "'a.q_proj.biases' is missing"),
    Refusal(
      arrays: [codes, scales, TestTensor("a.q_proj.biases", .f32, [2, 1], [0, 0])],
      config: fourBits, message: "its biases are F32 [2, 1], not BF16 [2, 1]"),
    Refusal(
      arrays: [codes, scales, biases],
      config: #"{"quantization":{"group_size":32,"bits":4}}"#,
      message: "its scales are BF16 [2, 1], not F16, BF16, F32 [2, 2]"),
    Refusal(
      arrays: [codes, scales, biases],
      config: #"{"quantization":{"group_size":64,"bits":3}}"#, message: "hold no codes of 3 bits"),
    Refusal(
      arrays: [codes, scales, biases],
      config: #"{"quantization":{"group_size":128,"bits":4}}"#,
      message: "no whole groups of 128"),
    Refusal(
      arrays: [codes, scales, biases],
      config: #"{"quantization":{"group_size":64,"bits":7}}"#, message: "with 7 bits"),
    Refusal(
      arrays: [codes, scales, biases],
      config: #"{"quantization":{"group_size":64,"bits":4,"mode":"ternary"}}"#,
      message: "unknown mode 'ternary'"),
    Refusal(
      arrays: [codes, scales, biases], config: #"{"quantization":3}"#, message: "no object"),
    Refusal(
      arrays: [codes, scales, biases], config: #"{"quantization":{"bits":4}}"#,
      message: "without group_size and bits"),
  ]

  @Test(arguments: refusals.indices)
  func `arrays that do not fit together are refused`(index: Int) throws {
    let refusal = Self.refusals[index]
    let folder = try TemporaryFolder()
    try refusal.arrays.write(to: folder.path("model.safetensors"))
    try folder.write(refusal.config, as: "config.json")
    let error = #expect(throws: RuntimeError.self) { try openModel(at: folder.path("")) }
    #expect(error?.description.contains(refusal.message) == true, "\(error?.description ?? "")")
  }
}
