// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Container
import Conversion
import Foundation
import ModelTestSupport
import Quantization
import Tensors
import TestSupport
import Testing

@Suite struct DequantizeTests {
  private func restore(
    _ model: ModelFolder, from input: String, as type: ElementType?, to output: String = "plain",
    overwrite: Bool = false
  ) throws -> SafetensorsModel {
    let path = model.folder.path(output)
    let bytes = try dequantize(
      modelAt: model.folder.path(input), to: path, type: type, threads: 3, overwrite: overwrite)
    let restored = try SafetensorsModel(path: path)
    #expect(bytes == restored.tensors.reduce(0) { $0 + $1.storedByteCount })
    return restored
  }

  @Test(arguments: [nil, ElementType.f32, .bf16, .f16])
  func `restored weights are the decoding rule's, rounded to the type`(
    type: ElementType?
  ) throws {
    let model = try ModelFolder(ModelFolder.everyKind)
    for (name, twice) in [("nf4", true), ("int8-row", false), ("int4", false)] {
      var options = model.options(name, twice: twice)
      options.overwrite = true
      _ = try quantize(options)
      let restored = try restore(model, from: "out.tone", as: type, overwrite: true)
      let scheme = try Schemes.scheme(
        named: name, options: SchemeOptions(doubleQuantization: twice))
      for tensor in model.tensors where tensor.name.hasSuffix("_proj.weight") {
        let target = type ?? tensor.elementType
        let numbers = try EncodedTensor(tensor, by: scheme).restored()
        #expect(restored.description(of: tensor.name)?.elementType == target)
        #expect(
          try restored.storedBytes(tensor.name) == TestTensor.bytes(of: numbers, as: target))
      }
    }
  }

  @Test(arguments: [nil, ElementType.f32, .bf16, .f16], ["model", "out.tone"])
  func `tensors that no type is asked of are carried through untouched`(
    type: ElementType?, input: String
  ) throws {
    let model = try ModelFolder(ModelFolder.everyKind)
    if input == "out.tone" { _ = try quantize(model.options()) }
    let restored = try restore(model, from: input, as: type)
    #expect(restored.tensors.count == model.tensors.count)
    for tensor in ModelFolder.others {
      #expect(restored.description(of: tensor.name) == tensor.description)
      #expect(try restored.storedBytes(tensor.name) == tensor.bytes, "\(tensor.name)")
    }
    for name in ["embed_tokens.weight", "norm.weight", "scalar", "none.weight"] {
      let tensor = try #require(model.tensor(name))
      let target = type ?? tensor.elementType
      #expect(restored.description(of: name)?.shape == tensor.shape)
      #expect(
        try restored.storedBytes(name) == TestTensor.bytes(of: tensor.weights, as: target))
    }
  }

  @Test func `kept tensors keep every bit, NaN too`() throws {
    let patterns: [UInt16] = [0x7FC1, 0xFF80, 0x7F81, 0x8000, 0x0001, 0x3F80]
    let tensor = TestTensor(
      "norm.weight", .bf16, [6], bytes: patterns.withUnsafeBytes(Array.init))
    let model = try ModelFolder([tensor])
    _ = try quantize(model.options())
    let restored = try restore(model, from: "out.tone", as: nil)
    #expect(try restored.storedBytes("norm.weight") == tensor.bytes)
  }

  @Test func `a weight that would become infinite is refused, what is infinite is carried on`()
    throws
  {
    let weights: [Float] = [1, .infinity, -65280, 65536]
    let model = try ModelFolder([TestTensor("norm.weight", .bf16, [4], weights)])
    #expect(
      throws: ConversionError.outsideRange(
        file: model.path, tensor: "norm.weight", index: 3, type: .f16)
    ) { try restore(model, from: "model", as: .f16) }
    #expect(try model.outputs() == [])
    let wide = try restore(model, from: "model", as: .f32)
    #expect(try wide.weights("norm.weight")[1] == .infinity)
    let largest = TestTensor("a.weight", .f32, [1, 2], [1, .greatestFiniteMagnitude])
    let other = try ModelFolder([largest])
    #expect(
      throws: ConversionError.outsideRange(
        file: other.path, tensor: "a.weight", index: 1, type: .bf16)
    ) { try restore(other, from: "model", as: .bf16) }
  }

  @Test func `a tensor of several slabs is restored in order`() throws {
    let count = 2 << 20 + 33
    let tensor = TestTensor.ramp("big.weight", [1, count])
    let model = try ModelFolder([tensor])
    _ = try quantize(model.options("f32"))
    let restored = try restore(model, from: "out.tone", as: .bf16)
    #expect(try restored.storedBytes("big.weight") == tensor.bytes)
  }

  @Test func `config.json names the type, and the other assets stay`() throws {
    let model = try ModelFolder(ModelFolder.everyKind)
    _ = try quantize(model.options())
    let restored = try restore(model, from: "out.tone", as: .f16)
    struct Config: Decodable, Equatable {
      var model_type: String
      var torch_dtype: String
      var rope: Double
    }
    let config = try JSONDecoder().decode(
      Config.self, from: #require(restored.asset("config.json")))
    #expect(config == Config(model_type: "none", torch_dtype: "float16", rope: 1e-5))
    #expect(restored.asset("LICENSE") == Data("do what you like".utf8))
    let unchanged = try restore(model, from: "out.tone", as: nil, to: "same")
    #expect(
      try unchanged.asset("config.json") == model.folder.contents(of: "model/config.json"))
  }

  @Test func `an existing folder is untouched, unless it may be replaced`() throws {
    let model = try ModelFolder(ModelFolder.everyKind)
    _ = try restore(model, from: "model", as: .f32, to: "plain")
    #expect(throws: CheckpointError.self) {
      try restore(model, from: "model", as: .f16, to: "plain")
    }
    #expect(
      try SafetensorsModel(path: model.folder.path("plain")).description(of: "norm.weight")?
        .elementType == .f32)
    _ = try restore(model, from: "model", as: .f16, to: "plain", overwrite: true)
    #expect(try model.outputs() == ["plain"])
  }

  @Test func `a damaged file leaves no folder`() throws {
    let model = try ModelFolder(ModelFolder.everyKind)
    _ = try quantize(model.options())
    var bytes = try model.folder.contents(of: "out.tone")
    bytes[bytes.startIndex + bytes.count / 2] ^= 0x10
    try model.folder.write(bytes, as: "bad.tone")
    #expect(throws: ContainerError.self) { try restore(model, from: "bad.tone", as: nil) }
    #expect(try model.outputs() == ["bad.tone", "out.tone"])
  }

  @Test func `the trained model is restored with the errors that its file records`() throws {
    let folder = try TemporaryFolder()
    let options = QuantizeOptions(
      input: Fixtures.trainedModel.path, output: folder.path("m.tone"),
      recipe: Recipe(linearLayers: .scheme(name: "nf4", options: SchemeOptions())))
    _ = try quantize(options)
    _ = try dequantize(
      modelAt: options.output, to: folder.path("plain"), type: .f32, threads: 2, overwrite: false)
    let original = try SafetensorsModel(path: options.input)
    let restored = try SafetensorsModel(path: folder.path("plain"))
    let tone = try ToneModel(path: options.output)
    #expect(restored.tensors.count == original.tensors.count)
    let name = "model.layers.0.mlp.down_proj.weight"
    let pairs = zip(try original.weights(name), try restored.weights(name))
    let largest = pairs.map { abs($0 - $1) }.max()
    #expect(
      tone.entry(of: name)?.statistics?.maximumAbsoluteError == largest.map(Double.init))
  }
}
