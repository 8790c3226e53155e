// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Conversion
import Foundation
import Quantization
import Tensors
import TestSupport
import Testing

@testable import Runtimes

@Suite struct IntegerGroupModelTests {
  @Test(arguments: IntegerGroupFixture.folders)
  func `layers are restored as the library that packed them restores them`(
    folder: String, format: String, scheme: String
  ) throws {
    let model = try openModel(at: IntegerGroupFixture.path(folder))
    #expect(model.format == format)
    let peer = try SafetensorsModel(
      path: IntegerGroupFixture.path(folder) + "/restored.safetensors")
    #expect(!peer.tensors.isEmpty)
    for tensor in peer.tensors {
      let found = try #require(model.description(of: tensor.name))
      #expect(found.scheme == scheme && found.shape == tensor.shape)
      let type = tensor.elementType
      // The library computes in the type of its scales.
      let ours = try model.weights(tensor.name).map { weight -> Float in
        type == .f16
          ? Float(Float16(weight))
          : Float(bitPattern: UInt32(ScaleConversion.nearest(weight, as: .bf16)) << 16)
      }
      #expect(try ours == peer.weights(tensor.name))
    }
    let config = try #require(model.asset("config.json"))
    #expect(try JSONMembers(config)["quantization_config"] == nil)
  }

  @Test(arguments: IntegerGroupFixture.folders)
  func `any run of weights is that of the whole`(
    folder: String, format: String, scheme: String
  ) throws {
    let model = try openModel(at: IntegerGroupFixture.path(folder))
    for tensor in model.tensors {
      let whole = try model.weights(tensor.name)
      for start in [0, 1, 7, 32, 95, 130] where start < whole.count {
        for count in [1, 2, 31, 64, 97, whole.count - start] where start + count <= whole.count {
          var run = [Float](repeating: .nan, count: count)
          try run.withUnsafeMutableBufferPointer {
            try model.read(tensor.name, elements: start..<start + count, into: $0)
          }
          #expect(run == Array(whole[start..<start + count]), "\(tensor.name) \(start) \(count)")
        }
      }
    }
  }

  @Test(arguments: ["gptq-act-order", "gptq-v2-act-order-asym"])
  func `codes in the order of activations are read but not copied`(folder: String) throws {
    let model = try #require(
      try openModel(at: IntegerGroupFixture.path(folder)) as? GPTQModel)
    let name = try #require(model.tensors.first { $0.name.hasSuffix("proj.weight") }?.name)
    let error = #expect(throws: RuntimeError.self) { try model.stored(name) }
    #expect(error?.description.contains("act-order") == true)
  }

  /// A description that does not say what is read here, and a word of the refusal.
  static let refused: [(folder: String, old: String, new: String, word: String)] = [
    ("gptq-w4a16", #""checkpoint_format": "gptq""#, #""checkpoint_format": "marlin""#, "marlin"),
    ("gptq-w4a16", #""bits": 4"#, #""bits": 3"#, "3 bits"),
    ("gptq-w4a16", #""group_size": 32"#, #""group_size": 64"#, "groups of 64"),
    ("gptq-w4a16", #""model_type": "llama""#, #""model_type": "gpt2""#, "gpt2"),
    ("awq", #""version": "gemm""#, #""version": "gemv""#, "gemv"),
    ("ct-w4a16", #""num_bits": 4"#, #""num_bits": 5"#, "5 bits"),
    ("ct-w4a16", #""group_size": 32"#, #""group_size": 64"#, "fit no group"),
    ("ct-w4a16", #""type": "int""#, #""type": "word""#, "unknown type"),
  ]

  @Test(arguments: refused)
  func `a description that does not fit is refused by name`(
    folder: String, old: String, new: String, word: String
  ) throws {
    let copy = try TemporaryFolder()
    try FileManager.default.copyItem(
      atPath: IntegerGroupFixture.path(folder), toPath: copy.path("model"))
    try FileManager.default.removeItem(atPath: copy.path("model/restored.safetensors"))
    let config = try String(decoding: copy.contents(of: "model/config.json"), as: UTF8.self)
    #expect(config.contains(old))
    try copy.write(config.replacing(old, with: new), as: "model/config.json")
    let error = #expect(throws: RuntimeError.self) { try openModel(at: copy.path("model")) }
    #expect(error?.description.contains(word) == true, "\(error?.description ?? "")")
  }
}
