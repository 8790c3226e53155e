// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Container
import Conversion
import Foundation
import Quantization
import Tensors
import TestSupport
import Testing

@testable import Runtimes

@Suite struct BitsandbytesModelTests {
  @Test(arguments: BitsandbytesFixture.kinds)
  func `the tensors are those of the network, each with its scheme`(
    folder: String, scheme: String, twice: Bool
  ) throws {
    let model = try openModel(at: BitsandbytesFixture.path(folder))
    let source = try openModel(at: BitsandbytesFixture.path("source"))
    #expect(model.format == "bitsandbytes")
    #expect(Set(model.tensors.map(\.name)) == Set(source.tensors.map(\.name)))
    for tensor in source.tensors {
      let found = try #require(model.description(of: tensor.name))
      #expect(found.shape == tensor.shape && found.elementType == tensor.elementType)
      let isLinear = tensor.name.hasSuffix("_proj.weight")
      #expect(found.scheme == (isLinear ? scheme + (twice ? "+dq" : "") : "bf16"))
      if !isLinear {
        #expect(try model.storedBytes(tensor.name) == source.storedBytes(tensor.name))
      }
    }
    let config = try #require(model.asset("config.json"))
    #expect(try JSONMembers(config)["quantization_config"] == nil)
  }

  /// Restored by hand from the arrays that the file holds, in the order of bitsandbytes' own rule.
  @Test(arguments: ["nf4", "nf4-dq", "fp4", "int8"])
  func `weights are codebook times scale, exactly`(folder: String) throws {
    let model = try openModel(at: BitsandbytesFixture.path(folder))
    let arrays = try SafetensorsModel(path: BitsandbytesFixture.path(folder))
    for tensor in model.tensors where tensor.name.hasSuffix("_proj.weight") {
      let name = tensor.name
      let codes = try arrays.storedBytes(name)
      var expected: [Float]
      if folder == "int8" {
        let scales = try arrays.weights(name.replacing(".weight", with: ".SCB"))
        expected = codes.enumerated().map { index, code in
          Float(Int8(bitPattern: code)) * scales[index / tensor.columnCount] * (Float(1) / 127)
        }
      } else {
        var scales = try arrays.weights("\(name).absmax")
        if folder == "nf4-dq" {
          let map = try arrays.weights("\(name).nested_quant_map")
          let groups = try arrays.weights("\(name).nested_absmax")
          let state = try arrays.withStoredBytes(
            of: "\(name).quant_state.bitsandbytes__nf4"
          ) { QuantState.parse($0).state }
          let offset = Float(try #require(state?.nestedOffset))
          scales = scales.enumerated().map { map[Int($1)] * groups[$0 / 256] + offset }
        }
        let codebook = try arrays.weights("\(name).quant_map")
        expected = codes.flatMap { [codebook[Int($0 >> 4)], codebook[Int($0 & 15)]] }
        for index in expected.indices { expected[index] *= scales[index / 64] }
      }
      #expect(try model.weights(name) == expected, "\(name)")
      // A range that begins inside a block.
      var part = [Float](repeating: .nan, count: 200)
      try part.withUnsafeMutableBufferPointer { try model.read(name, elements: 77..<277, into: $0) }
      #expect(part == Array(expected[77..<277]))
    }
  }

  @Test(arguments: BitsandbytesFixture.kinds)
  func `codes survive the way to tone and back bit for bit`(
    folder: String, scheme: String, twice: Bool
  ) throws {
    let output = try TemporaryFolder()
    let tone = output.path("model.tone")
    _ = try export(
      BitsandbytesFixture.export(BitsandbytesFixture.path(folder), to: "tone", tone))
    let file = try ToneModel(path: tone)
    for part in file.files { try part.check() }
    let model = try openModel(at: BitsandbytesFixture.path(folder))
    for tensor in model.tensors {
      #expect(file.description(of: tensor.name) == tensor)
      #expect(try file.weights(tensor.name) == model.weights(tensor.name), "\(tensor.name)")
    }
    _ = try export(BitsandbytesFixture.export(tone, to: "bitsandbytes", output.path("back")))
    let (before, after) = try (
      SafetensorsModel(path: BitsandbytesFixture.path(folder)),
      SafetensorsModel(path: output.path("back"))
    )
    #expect(Set(before.tensors.map(\.name)) == Set(after.tensors.map(\.name)))
    for tensor in before.tensors {
      #expect(after.description(of: tensor.name) == tensor)
      #expect(try after.storedBytes(tensor.name) == before.storedBytes(tensor.name), "\(tensor)")
    }
  }

  @Test(arguments: BitsandbytesFixture.kinds)
  func `what is quantized for bitsandbytes and exported is what tone would have held`(
    folder: String, scheme: String, twice: Bool
  ) throws {
    let output = try TemporaryFolder()
    _ = try quantize(BitsandbytesFixture.options(scheme, twice: twice, to: output.path("bnb")))
    _ = try export(
      BitsandbytesFixture.export(output.path("bnb"), to: "tone", output.path("exported.tone")))
    var direct = BitsandbytesFixture.options(scheme, twice: twice, to: output.path("direct.tone"))
    direct.format = "tone"
    _ = try quantize(direct)
    let (a, b) = try (
      ToneModel(path: output.path("exported.tone")), ToneModel(path: direct.output)
    )
    for tensor in b.tensors {
      #expect(a.description(of: tensor.name) == tensor)
      let (stored, other) = try (a.stored(tensor.name), b.stored(tensor.name))
      #expect(stored?.encoding == other?.encoding)
      for (position, component) in (other?.components ?? []).enumerated() {
        #expect(stored?.components[position].shape == component.shape)
        #expect(try stored?.bytes(of: position) == other?.bytes(of: position))
      }
    }
  }

  @Test func `a weight that does not straddle slabs evenly is copied whole`() throws {
    let output = try TemporaryFolder()
    let large = TestTensorFile.large
    try large.write(to: output)
    for (scheme, twice) in [("nf4", false), ("nf4", true), ("int8-row", false)] {
      let name = "\(scheme)-\(twice)"
      _ = try quantize(
        BitsandbytesFixture.options(
          scheme, twice: twice, to: output.path(name), input: output.path("model")))
      _ = try export(
        BitsandbytesFixture.export(output.path(name), to: "tone", output.path("\(name).tone")))
      let (a, b) = try (
        openModel(at: output.path(name)), openModel(at: output.path("\(name).tone"))
      )
      #expect(try a.weights("z.weight") == b.weights("z.weight"))
    }
  }

  @Test func `scales that a CPU transposed are reported with their cause, and not read`() throws {
    let model = try openModel(at: BitsandbytesFixture.path("nf4-transposed"))
    let name = "model.layers.0.self_attn.q_proj.weight"
    #expect(model.defect(of: name)?.contains("transposed") == true)
    #expect(model.defect(of: "model.layers.0.mlp.down_proj.weight") == nil)
    #expect(
      throws: RuntimeError.transposedScales(
        file: BitsandbytesFixture.path("nf4-transposed") + "/model.safetensors", tensor: name)
    ) { try model.weights(name) }
    let output = try TemporaryFolder()
    for format in ["tone", "safetensors"] {
      #expect(throws: RuntimeError.self) {
        try export(
          BitsandbytesFixture.export(
            BitsandbytesFixture.path("nf4-transposed"), to: format, output.path("out")))
      }
    }
    #expect(try output.names().isEmpty)
  }

  @Test func `a dequantized model is a plain one`() throws {
    let output = try TemporaryFolder()
    _ = try export(
      BitsandbytesFixture.export(
        BitsandbytesFixture.path("nf4"), to: "safetensors", output.path("plain")))
    let plain = try openModel(at: output.path("plain"))
    #expect(plain.format == "safetensors")
    #expect(plain.tensors.allSatisfy { $0.scheme == "bf16" })
    let config = try JSONMembers(output.contents(of: "plain/config.json"))
    #expect(config["quantization_config"] == nil)
    let model = try openModel(at: BitsandbytesFixture.path("nf4"))
    let name = "model.layers.0.mlp.up_proj.weight"
    let expected = TestTensorFile.roundedToBF16(try model.weights(name))
    #expect(try plain.weights(name) == expected)
  }

  @Test func `layers that bitsandbytes transposed are refused by the family's name`() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.copyItem(
      atPath: BitsandbytesFixture.path("nf4"), toPath: folder.path("model"))
    try folder.write(#"{"model_type":"gpt2"}"#, as: "model/config.json")
    #expect(
      throws: RuntimeError.transposedLayers(file: folder.path("model"), family: "gpt2")
    ) { try openModel(at: folder.path("model")) }
  }
}
