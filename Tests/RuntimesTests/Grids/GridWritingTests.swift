// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Conversion
import Foundation
import Quantization
import Tensors
import TestSupport
import Testing

@testable import Runtimes

@Suite struct GridWritingTests {
  @Test(arguments: [
    ("modelopt-fp8", "fp8", "modelopt"), ("modelopt-nvfp4", "nvfp4", "modelopt"),
    ("compressed-fp8", "fp8", "compressed-tensors"),
    ("compressed-nvfp4", "nvfp4", "compressed-tensors"),
    ("compressed-mxfp4", "mxfp4", "compressed-tensors"),
  ])
  func `every array is the one that the runtime's own program writes`(
    model: String, scheme: String, format: String
  ) throws {
    let output = try TemporaryFolder()
    _ = try quantize(GridFixture.options(scheme, to: format, output.path("ours")))
    let ours = try SafetensorsModel(path: output.path("ours"))
    let theirs = try SafetensorsModel(path: GridFixture.path(model))
    #expect(Set(ours.tensors.map(\.name)) == Set(theirs.tensors.map(\.name)))
    for tensor in theirs.tensors {
      let found = try #require(ours.description(of: tensor.name))
      #expect(found.elementType == tensor.elementType && found.shape == tensor.shape, "\(tensor)")
      #expect(
        try ours.storedBytes(tensor.name) == theirs.storedBytes(tensor.name), "\(tensor.name)")
    }
  }

  @Test func `layers that are fused share the tensor's number`() throws {
    let output = try TemporaryFolder()
    _ = try quantize(GridFixture.options("nvfp4", to: "modelopt", output.path("ours")))
    let model = try SafetensorsModel(path: output.path("ours"))
    func number(_ module: String) throws -> [Float] {
      try model.weights("model.layers.0.\(module).weight_scale_2")
    }
    let query = try number("self_attn.q_proj")
    #expect(try number("self_attn.k_proj") == query && number("self_attn.v_proj") == query)
    #expect(try number("mlp.gate_proj") == number("mlp.up_proj"))
    #expect(try number("self_attn.o_proj") != query)
  }

  @Test(arguments: [("w8a16", nil, true), ("w4a16", 32, false)] as [(String, Int?, Bool)])
  func `integers are read back as the weights of a tone file`(
    scheme: String, block: Int?, rows: Bool
  ) throws {
    let output = try TemporaryFolder()
    for (format, name) in [("modelopt", "folder"), ("tone", "model.tone")] {
      _ = try quantize(
        GridFixture.options(scheme, to: format, output.path(name), block: block, rows: rows))
    }
    let folder = try openModel(at: output.path("folder"))
    let tone = try openModel(at: output.path("model.tone"))
    #expect(folder.format == "modelopt")
    for tensor in tone.tensors {
      #expect(folder.description(of: tensor.name)?.scheme == tensor.scheme)
      #expect(try folder.weights(tensor.name) == tone.weights(tensor.name), "\(tensor.name)")
    }
  }

  @Test(arguments: ["modelopt", "compressed-tensors"])
  func `codes of nvfp4 are kept by an export, and only the tensor's number is turned over`(
    format: String
  ) throws {
    let output = try TemporaryFolder()
    _ = try quantize(GridFixture.options("nvfp4", to: "tone", output.path("model.tone")))
    _ = try export(
      BitsandbytesFixture.export(output.path("model.tone"), to: format, output.path("folder")))
    let tone = try openModel(at: output.path("model.tone"))
    let folder = try openModel(at: output.path("folder"))
    // A quotient by the rounded reciprocal in place of a product: a few halves of a unit in the last place.
    let tolerance: Float = format == "modelopt" ? 0 : 4 * 0x1p-24
    for tensor in tone.tensors {
      for (a, b) in try zip(tone.weights(tensor.name), folder.weights(tensor.name)) {
        #expect(abs(a - b) <= tolerance * abs(a))
      }
    }
  }

  @Test func `fp8 goes to both formats and comes back with the same bytes`() throws {
    let output = try TemporaryFolder()
    _ = try quantize(GridFixture.options("fp8", to: "tone", output.path("a.tone")))
    for format in ["modelopt", "compressed-tensors"] {
      let (folder, back) = (output.path(format), output.path("\(format).tone"))
      _ = try export(BitsandbytesFixture.export(output.path("a.tone"), to: format, folder))
      _ = try export(BitsandbytesFixture.export(folder, to: "tone", back))
      let (first, second) = try (openModel(at: output.path("a.tone")), openModel(at: back))
      for tensor in first.tensors {
        #expect(try first.weights(tensor.name) == second.weights(tensor.name))
      }
    }
  }

  @Test func `schemes that ModelOpt does not have, and two at once, are refused`() throws {
    let output = try TemporaryFolder()
    #expect {
      try quantize(GridFixture.options("nf4", to: "modelopt", output.path("ours")))
    } throws: { "\($0)".contains("modelopt can't hold nf4") }
    var options = GridFixture.options("nvfp4", to: "modelopt", output.path("ours"))
    options.recipe.rules = [
      .init(
        pattern: "*down_proj*", choice: .scheme(name: "fp8", options: SchemeOptions()))
    ]
    #expect { try quantize(options) } throws: { "\($0)".contains("all alike") }
    #expect(try output.names().isEmpty)
  }

  @Test func `a model of ModelOpt's names its algorithm in both files`() throws {
    let output = try TemporaryFolder()
    _ = try quantize(GridFixture.options("nvfp4", to: "modelopt", output.path("ours")))
    let text = try String(
      contentsOfFile: output.path("ours/hf_quant_config.json"), encoding: .utf8)
    #expect(
      text
        == #"{"producer":{"name":"modelopt","version":"0.47.0"},"quantization":{"quant_algo":"#
        + #""W4A16_NVFP4","kv_cache_quant_algo":null,"group_size":16,"exclude_modules":["#
        + #""lm_head","model.embed_tokens"]}}"#)
    let config = try String(contentsOfFile: output.path("ours/config.json"), encoding: .utf8)
    #expect(config.contains(#""quant_algo":"W4A16_NVFP4""#))
    #expect(config.contains(#""quant_method":"modelopt""#))
  }
}
