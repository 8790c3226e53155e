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

@testable import Runtimes

@Suite struct GridReadingTests {
  @Test(arguments: GridFixture.models + GridFixture.published.map(\.folder))
  func `weights are restored as torch restores them, whole and in pieces`(name: String) throws {
    let model = try openModel(at: GridFixture.path(name))
    let golden = try GridFixture.restored(name)
    #expect(!golden.isEmpty)
    for (tensor, numbers) in golden {
      #expect(try model.weights(tensor) == numbers, "\(tensor)")
      for elements in [0..<1, 3..<40, numbers.count / 3..<numbers.count - 1] {
        var piece = [Float](repeating: .nan, count: elements.count)
        try piece.withUnsafeMutableBufferPointer {
          try model.read(tensor, elements: elements, into: $0)
        }
        #expect(piece == Array(numbers[elements]), "\(tensor) \(elements)")
      }
    }
  }

  @Test(arguments: GridFixture.published)
  func `a published checkpoint has the tensors of its family, and no words of its encoding`(
    folder: String, family: String
  ) throws {
    let model = try openModel(at: GridFixture.path(folder))
    let plain = try SafetensorsModel(
      path: Fixtures.folder.appending(path: "families/\(family)/model.safetensors").path)
    #expect(Set(model.tensors.map(\.name)) == Set(plain.tensors.map(\.name)))
    for tensor in model.tensors {
      #expect(tensor.shape == plain.description(of: tensor.name)?.shape, "\(tensor.name)")
      #expect(tensor.elementType == .bf16)
    }
    let config = try #require(model.asset("config.json"))
    #expect(!String(decoding: config, as: UTF8.self).contains("quantization_config"))
  }

  @Test func `what ModelOpt says of its encoding is not an asset`() throws {
    let model = try openModel(at: GridFixture.path("modelopt-nvfp4"))
    #expect(model.format == "modelopt")
    #expect(model.assets.map(\.name) == ["config.json"])
  }

  @Test(
    arguments: GridFixture.models.filter { $0 != "modelopt-int8" } + [
      "deepseek-v3-fp8", "llama-fbgemm-fp8", "mistral-fp8",
    ])
  func `codes are kept in a tone file, which restores the same weights`(name: String) throws {
    let output = try TemporaryFolder()
    _ = try export(
      BitsandbytesFixture.export(
        GridFixture.path(name), to: "tone", output.path("model.tone")))
    let model = try openModel(at: GridFixture.path(name))
    let kept = try ToneModel(path: output.path("model.tone"))
    for tensor in model.tensors {
      #expect(kept.description(of: tensor.name)?.scheme == tensor.scheme)
      #expect(try kept.weights(tensor.name) == model.weights(tensor.name), "\(tensor.name)")
    }
  }

  @Test func `transposed codes can't be copied, and a user is told what to do`() throws {
    let output = try TemporaryFolder()
    let path = GridFixture.path("gpt-oss-mxfp4")
    #expect {
      try export(BitsandbytesFixture.export(path, to: "tone", output.path("model.tone")))
    } throws: { error in
      "\(error)".contains("transposed") && "\(error)".hasSuffix("run halftone dequantize")
    }
  }

  @Test func `MXFP4 experts that are restored and encoded again lose nothing`() throws {
    let model = try openModel(at: GridFixture.path("gpt-oss-mxfp4"))
    let name = "model.layers.0.mlp.experts.gate_up_proj"
    let shape = try #require(model.description(of: name)).shape
    // Blocks of the codes are columns here: each 32 inputs of an output.
    let weights = try model.weights(name)
    let (inputs, outputs) = (shape[1], shape[2])
    let transposed = (0..<outputs * inputs).map { weights[$0 % inputs * outputs + $0 / inputs] }
    let encoded = try EncodedTensor(
      TestTensor("w", .bf16, [outputs, inputs], transposed), by: Schemes.scheme(named: "mxfp4"))
    #expect(encoded.statistics.maximumAbsoluteError == 0)
  }

  @Test(
    arguments: [
      ("llama-fbgemm-fp8", "model.layers.0.mlp.up_proj.weight_scale", nil, nil, "is missing"),
      (
        "llama-fbgemm-fp8", "model.layers.0.mlp.up_proj.weight_scale", ElementType.f32, [7, 1],
        "its scales F32 [7, 1], which is neither one for all, nor one for each row"
      ),
      (
        "llama-fbgemm-fp8", "model.layers.0.mlp.up_proj.weight_scale", .i32, nil, "its scales I32"
      ),
      (
        "deepseek-v3-fp8", "model.layers.0.mlp.up_proj.weight_scale_inv", .f32, [4, 4],
        "nor one for each block of [32, 16]"
      ),
      (
        "gpt-oss-mxfp4", "model.layers.0.mlp.experts.down_proj_scales", .u8, [4, 64, 3],
        "is U8 [4, 64, 3], not U8 [4, 64, 2]"
      ),
      (
        "gpt-oss-mxfp4", "model.layers.0.mlp.experts.down_proj_blocks", .u8, [4, 64, 32],
        "not U8 [experts, outputs, groups, 16]"
      ),
      ("modelopt-nvfp4", "model.layers.0.mlp.up_proj.weight_scale_2", nil, nil, "is missing"),
      (
        "modelopt-nvfp4", "model.layers.0.mlp.up_proj.weight_scale_2", .f32, [2],
        "is F32 [2], not one F32 number"
      ),
      (
        "modelopt-nvfp4", "model.layers.0.mlp.up_proj.weight_scale", .f8e4m3, [96, 3],
        "not F8_E4M3 for every 16 weights of [96, 64]"
      ),
    ] as [(String, String, ElementType?, [Int]?, String)])
  func `arrays that do not fit together are named`(
    model: String, array: String, type: ElementType?, shape: [Int]?, problem: String
  ) throws {
    var arrays = try GridArrays(of: GridFixture.path(model))
    arrays.change(array, to: type, shape)
    #expect { try arrays.open() } throws: { error in
      let text = "\(error)"
      return text.contains(problem) && text.contains("layers.0.mlp") && !text.contains("\n")
    }
  }

  @Test func `a layer that scales what comes in is refused`() throws {
    var arrays = try GridArrays(of: GridFixture.path("modelopt-int8"))
    arrays.list = arrays.list.filter { $0.name.contains("norm") }
    arrays.add("a.q_proj.weight", .u8, [2, 32])
    arrays.add("a.q_proj.weight_scale", .f32, [4, 1])
    #expect(try arrays.open().description(of: "a.q_proj.weight")?.shape == [4, 32])
    arrays.add("a.q_proj.pre_quant_scale", .f32, [32])
    #expect { try arrays.open() } throws: { "\($0)".contains("pre_quant_scale is not 1") }
  }
}
