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

@Suite struct IntegerGroupWriterTests {
  /// compressed-tensors quantizes BF16 weights in BF16 on a CPU, so only its scales are ours.
  @Test(arguments: [("ct-w4a16", "w4a16", 32), ("ct-w8a16-row", "w8a16", nil)])
  func `scales are those of compressed-tensors' round-to-nearest`(
    folder: String, scheme: String, group: Int?
  ) throws {
    let output = try TemporaryFolder()
    _ = try quantize(
      IntegerGroupFixture.options(
        scheme, SchemeOptions(blockSize: group, blocksAreRows: group == nil),
        for: "compressed-tensors", to: output.path("out")))
    let ours = try IntegerGroupFixture.arrays(output.path("out"))
    let theirs = try IntegerGroupFixture.arrays(
      IntegerGroupFixture.path(folder) + "/model.safetensors")
    let quantized = theirs.keys.filter { $0.hasSuffix(".weight_scale") }
    #expect(quantized.count == 2)
    for name in quantized { #expect(ours[name] == theirs[name]) }
    #expect(Set(theirs.keys).isSubset(of: Set(ours.keys)))
  }

  @Test func `GPTQ's scales and nearly all codes are GPTQModel's`() throws {
    let output = try TemporaryFolder()
    _ = try quantize(
      IntegerGroupFixture.options("w4a16", for: "gptq", to: output.path("out")))
    let ours = try IntegerGroupFixture.arrays(output.path("out"))
    let theirs = try IntegerGroupFixture.arrays(
      IntegerGroupFixture.path("gptq-w4a16") + "/model.safetensors")
    for (name, bytes) in theirs {
      let own = try #require(ours[name])
      if name.hasSuffix(".qweight") {
        // Its codes come from scales before they are rounded, and a group of one sign has another range.
        let differing = zip(own, bytes).filter { $0 != $1 }.count
        #expect(differing * 30 <= bytes.count)
      } else if name.hasSuffix(".scales") {
        #expect(zip(own, bytes).filter { $0 != $1 }.count <= 4)
      } else {
        #expect(own == bytes)
      }
    }
  }

  @Test(arguments: ["gptq", "awq"], [1, 3])
  func `transposed arrays do not depend on threads, and weights are those of .tone`(
    format: String, threads: Int
  ) throws {
    let folder = try TemporaryFolder()
    let large = TestTensorFile(tensor: .ramp("z.weight", [1088, 1024]))
    try large.write(to: folder)
    var options = IntegerGroupFixture.options(
      "w4a16", SchemeOptions(blockSize: 128), for: format, to: folder.path("out"),
      input: folder.path("model"))
    options.threads = threads
    _ = try quantize(options)
    let model = try openModel(at: folder.path("out"))
    _ = try Conversion.export(
      BitsandbytesFixture.export(folder.path("out"), to: "tone", folder.path("out.tone")))
    let tone = try openModel(at: folder.path("out.tone"))
    #expect(try model.weights("z.weight") == tone.weights("z.weight"))
  }

  private static let refusals: [(scheme: String, format: String, family: String, word: String)] = [
    ("nf4", "compressed-tensors", "llama", "can't hold nf4"), ("nf4", "gptq", "llama", "nf4"),
    ("w4a16-asym", "gptq", "llama", "zero points"), ("w8a16", "awq", "llama", "8 bits"),
    ("w4a16", "compressed-tensors", "gpt2", "family 'gpt2'"),
    ("w4a16", "compressed-tensors", "falcon", "family 'falcon'"),
    ("w4a16", "gptq", "gpt2", "family 'gpt2'"), ("w4a16", "awq", "gpt2", "family 'gpt2'"),
  ]

  @Test(arguments: refusals)
  func `what a runtime does not load is refused by name before anything is written`(
    scheme: String, format: String, family: String, word: String
  ) throws {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(
      atPath: folder.path("model"), withIntermediateDirectories: true)
    try [TestTensor("a.q_proj.weight", .bf16, [32, 128], TestTensor.spread(4096, seed: 1))]
      .write(to: folder.path("model/model.safetensors"))
    try folder.write(#"{"model_type":"\#(family)"}"#, as: "model/config.json")
    let options = IntegerGroupFixture.options(
      scheme, SchemeOptions(), for: format, to: folder.path("out"), input: folder.path("model"))
    let error = #expect(throws: ConversionError.self) { try quantize(options) }
    #expect(error?.description.contains(word) == true, "\(error?.description ?? "")")
    #expect(try folder.names() == ["model"])
  }

  @Test func `experts are kept unless a rule names them, and what is kept is named`() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(
      atPath: folder.path("model"), withIntermediateDirectories: true)
    try [
      TestTensor(
        "model.layers.0.q_proj.weight", .bf16, [32, 32], TestTensor.spread(1024, seed: 1)),
      TestTensor(
        "model.layers.0.experts.0.up.weight", .bf16, [32, 32], TestTensor.spread(1024, seed: 2)),
      TestTensor("model.layers.0.odd.weight", .bf16, [32, 40], TestTensor.spread(1280, seed: 3)),
    ].write(to: folder.path("model/model.safetensors"))
    try folder.write("{}", as: "model/config.json")
    for (format, key) in [
      ("compressed-tensors", "ignore"), ("gptq", "modules_in_block_to_quantize"),
      ("awq", "modules_to_not_convert"),
    ] {
      var options = IntegerGroupFixture.options(
        "w4a16", for: format, to: folder.path(format), input: folder.path("model"))
      #expect(try quantize(options).quantizedTensors == 1)
      let config = try String(
        decoding: folder.contents(of: "\(format)/config.json"), as: UTF8.self)
      #expect(config.contains("\"\(key)\""))
      #expect(config.contains("model.layers.0.odd") == (format != "gptq"))
      options.output = folder.path("\(format)-experts")
      options.recipe.rules = [
        .init(
          pattern: "*.up.weight",
          choice: .scheme(name: "w4a16", options: SchemeOptions(blockSize: 32)))
      ]
      #expect(try quantize(options).quantizedTensors == 2)
    }
  }
}
