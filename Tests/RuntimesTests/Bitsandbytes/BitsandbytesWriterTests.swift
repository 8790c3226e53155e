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

@Suite struct BitsandbytesWriterTests {
  /// The part of FP4 codes that may differ from those of a CPU, whose thresholds are others than a
  /// GPU's; measured are 0.6 % on Gaussian weights.
  private static let differingShare = 0.02

  @Test(arguments: BitsandbytesFixture.kinds)
  func `every array is the one that bitsandbytes saves`(
    folder: String, scheme: String, twice: Bool
  ) throws {
    let output = try TemporaryFolder()
    _ = try quantize(
      BitsandbytesFixture.options(scheme, twice: twice, to: output.path("ours")))
    let ours = try SafetensorsModel(path: output.path("ours"))
    let theirs = try SafetensorsModel(path: BitsandbytesFixture.path(folder))
    #expect(Set(ours.tensors.map(\.name)) == Set(theirs.tensors.map(\.name)))
    for tensor in theirs.tensors {
      let found = try #require(ours.description(of: tensor.name))
      #expect(found.elementType == tensor.elementType && found.shape == tensor.shape, "\(tensor)")
      let (bytes, expected) = try (
        ours.storedBytes(tensor.name), theirs.storedBytes(tensor.name)
      )
      if folder == "fp4", tensor.shape.last == 1 {
        try expectNeighbours(bytes, expected, tensor.name)
      } else {
        #expect(bytes == expected, "\(tensor.name)")
      }
    }
  }

  /// Codes by the GPU's rule and by the CPU's: the same, two zeros, or neighbours in the codebook.
  private func expectNeighbours(_ bytes: [UInt8], _ expected: [UInt8], _ name: String) throws {
    let order = Codebook.fp4.sorted().reduce(into: [Float]()) { if $0.last != $1 { $0.append($1) } }
    func codes(_ bytes: [UInt8]) -> [Int] {
      bytes.flatMap { [Int($0 >> 4), Int($0 & 15)] }
        .compactMap { code in order.firstIndex(of: Codebook.fp4[code]) }
    }
    let (ours, theirs) = (codes(bytes), codes(expected))
    #expect(zip(ours, theirs).allSatisfy { abs($0 - $1) <= 1 }, "\(name)")
    let differing = zip(ours, theirs).count { $0 != $1 }
    #expect(Double(differing) <= Self.differingShare * Double(ours.count), "\(name)")
  }

  @Test(arguments: BitsandbytesFixture.kinds)
  func `config json says what Transformers says, and names the modules to skip`(
    folder: String, scheme: String, twice: Bool
  ) throws {
    let output = try TemporaryFolder()
    _ = try quantize(
      BitsandbytesFixture.options(scheme, twice: twice, to: output.path("ours")))
    func configuration(_ path: String) throws -> NSMutableDictionary {
      let config = try Data(contentsOf: URL(filePath: path + "/config.json"))
      let object = try JSONSerialization.jsonObject(with: config) as? [String: Any]
      let found = try #require(object?["quantization_config"] as? [String: Any])
      return NSMutableDictionary(dictionary: found)
    }
    let ours = try configuration(output.path("ours"))
    let theirs = try configuration(BitsandbytesFixture.path(folder))
    #expect(
      ours["llm_int8_skip_modules"] as? [String] == ["lm_head", "model.embed_tokens"])
    ours["llm_int8_skip_modules"] = nil
    theirs["llm_int8_skip_modules"] = nil
    #expect(ours == theirs)
    // All other members stay byte for byte what they were.
    var members = try JSONMembers(output.contents(of: "ours/config.json"))
    members["quantization_config"] = nil
    let source = URL(filePath: BitsandbytesFixture.path("source") + "/config.json")
    #expect(members.text == (try JSONMembers(Data(contentsOf: source))).text)
  }

  @Test func `shards keep a weight and its companions together, and an index names them`() throws {
    let output = try TemporaryFolder()
    var options = BitsandbytesFixture.options("nf4", twice: true, to: output.path("ours"))
    options.shardByteLimit = 6000
    _ = try quantize(options)
    let names = try output.names(in: "ours").filter { $0.hasSuffix(".safetensors") }
    #expect(names.count > 3 && names[0].hasPrefix("model-00001-of-0000"))
    for name in names {
      let file = try SafetensorsFile(path: output.path("ours/\(name)"))
      let weights = file.tensors.filter { $0.elementType == .u8 && $0.shape.last == 1 }
      for weight in weights {
        #expect(file.tensors.filter { $0.name.hasPrefix(weight.name) }.count == 6)
      }
    }
    let whole = BitsandbytesFixture.options("nf4", twice: true, to: output.path("whole"))
    _ = try quantize(whole)
    let (a, b) = try (
      SafetensorsModel(path: options.output), SafetensorsModel(path: whole.output)
    )
    #expect(Set(a.tensors.map(\.name)) == Set(b.tensors.map(\.name)))
    for tensor in b.tensors {
      #expect(try a.storedBytes(tensor.name) == b.storedBytes(tensor.name))
    }
  }

  @Test(arguments: [1, 2, 5])
  func `the bytes do not depend on the number of threads`(threads: Int) throws {
    let output = try TemporaryFolder()
    let large = TestTensor.ramp("z.weight", [1100, 1024])
    try FileManager.default.createDirectory(
      atPath: output.path("model"), withIntermediateDirectories: true)
    try [large].write(to: output.path("model/model.safetensors"))
    try output.write("{}", as: "model/config.json")
    var files: [Data] = []
    for count in [threads, 3] {
      var options = BitsandbytesFixture.options(
        "nf4", twice: true, to: output.path("out-\(count)"), input: output.path("model"))
      options.threads = count
      options.overwrite = true
      _ = try quantize(options)
      files.append(try output.contents(of: "out-\(count)/model.safetensors"))
    }
    #expect(files[0] == files[1])
  }

  @Test(arguments: [
    ("int4", #"{"model_type":"llama"}"#, "bitsandbytes can't hold int4"),
    ("int8", #"{"model_type":"llama"}"#, "bitsandbytes can't hold int8"),
    ("nf4", #"{"model_type":"gpt2"}"#, "does not work for the family 'gpt2'"),
    ("nf4", "", "config.json is missing"), ("nf4", "[", "config.json is malformed"),
  ])
  func `what bitsandbytes can't hold is refused before anything is written`(
    scheme: String, config: String, message: String
  ) throws {
    let output = try TemporaryFolder()
    try FileManager.default.createDirectory(
      atPath: output.path("model"), withIntermediateDirectories: true)
    try [TestTensor("a.q_proj.weight", .bf16, [8, 32], TestTensor.spread(256, seed: 1))]
      .write(to: output.path("model/model.safetensors"))
    if !config.isEmpty { try output.write(config, as: "model/config.json") }
    let options = BitsandbytesFixture.options(
      scheme, to: output.path("out"), input: output.path("model"))
    let error = #expect(throws: ConversionError.self) { try quantize(options) }
    #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
    #expect(error?.description.hasPrefix(output.path("model")) == true)
    #expect(try output.names() == ["model"])
  }

  @Test func `experts are kept, and refused where a rule wants them quantized`() throws {
    let output = try TemporaryFolder()
    try FileManager.default.createDirectory(
      atPath: output.path("model"), withIntermediateDirectories: true)
    try [
      TestTensor("l.0.q_proj.weight", .bf16, [8, 32], TestTensor.spread(256, seed: 1)),
      TestTensor("l.0.mlp.experts.gate_up_proj", .bf16, [2, 4, 8], TestTensor.spread(64, seed: 2)),
      TestTensor("l.0.mlp.experts.0.up.weight", .bf16, [8, 8], TestTensor.spread(64, seed: 3)),
    ].write(to: output.path("model/model.safetensors"))
    try output.write("{}", as: "model/config.json")
    var options = BitsandbytesFixture.options(
      "nf4", to: output.path("out"), input: output.path("model"))
    #expect(try quantize(options).quantizedTensors == 1)
    let config = try String(decoding: output.contents(of: "out/config.json"), as: UTF8.self)
    #expect(config.contains(#""l.0.mlp.experts""#))
    options.output = output.path("other")
    options.recipe.rules = [
      .init(pattern: "*.up.weight", choice: .scheme(name: "nf4", options: .init()))
    ]
    #expect(throws: ConversionError.self) { try quantize(options) }
    options.recipe.rules = [
      .init(pattern: "*.q_proj.weight", choice: .scheme(name: "nf4", options: .init())),
      .init(pattern: "*.experts.*", choice: .keep),
    ]
    _ = try quantize(options)
  }

  @Test func `two kinds in one model are refused by name`() throws {
    let output = try TemporaryFolder()
    var options = BitsandbytesFixture.options("nf4", to: output.path("out"))
    options.recipe.rules = [
      .init(
        pattern: "*.o_proj.weight",
        choice: .scheme(name: "nf4", options: .init(doubleQuantization: true)))
    ]
    let error = #expect(throws: ConversionError.self) { try quantize(options) }
    #expect(error?.description.contains("o_proj") == true)
    #expect(error?.description.contains("nf4+dq") == true)
    #expect(try output.names().isEmpty)
  }
}
