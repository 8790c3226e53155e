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

@Suite struct IntegerGroupExportTests {
  private static let routes: [(scheme: String, options: SchemeOptions, formats: [String])] = [
    ("w4a16", SchemeOptions(blockSize: 32), ["compressed-tensors", "gptq", "awq"]),
    ("w4a16", SchemeOptions(blocksAreRows: true), ["compressed-tensors", "gptq", "awq"]),
    ("w8a16", SchemeOptions(blockSize: 32), ["compressed-tensors", "gptq"]),
    ("w8a16", SchemeOptions(blocksAreRows: true), ["compressed-tensors", "gptq"]),
    ("w4a16-asym", SchemeOptions(blockSize: 32), ["awq"]),
  ]

  private func export(_ input: String, to format: String, _ output: String) throws {
    _ = try Conversion.export(BitsandbytesFixture.export(input, to: format, output))
  }

  @Test(arguments: routes)
  func `codes and scales keep their bits from .tone to every format, among them, and back`(
    scheme: String, options: SchemeOptions, formats: [String]
  ) throws {
    let folder = try TemporaryFolder()
    let tone = folder.path("first.tone")
    _ = try quantize(
      IntegerGroupFixture.options(scheme, options, for: "tone", to: tone))
    let first = try openModel(at: tone)
    for format in formats {
      try export(tone, to: format, folder.path(format))
      let model = try openModel(at: folder.path(format))
      for tensor in first.tensors {
        #expect(model.description(of: tensor.name)?.scheme == tensor.scheme)
        #expect(try model.weights(tensor.name) == first.weights(tensor.name))
      }
    }
    for (from, to) in zip(formats, formats.dropFirst() + formats.prefix(1)) {
      let again = folder.path("\(from)-\(to)")
      try export(folder.path(from), to: to, again)
      #expect(
        try IntegerGroupFixture.arrays(again) == IntegerGroupFixture.arrays(folder.path(to)))
      try export(folder.path(from), to: "tone", "\(again).tone")
      try export("\(again).tone", to: from, folder.path("\(from)-back"))
      #expect(
        try IntegerGroupFixture.arrays(folder.path("\(from)-back"))
          == IntegerGroupFixture.arrays(folder.path(from)))
      try FileManager.default.removeItem(atPath: folder.path("\(from)-back"))
    }
  }

  @Test(arguments: [
    ("ct-w4a16", "compressed-tensors"), ("ct-w8a16-row", "compressed-tensors"),
    ("gptq-w4a16", "gptq"), ("gptq-w8a16", "gptq"), ("awq", "awq"),
  ])
  func `what a library packed comes back byte for byte`(folder: String, format: String) throws {
    let output = try TemporaryFolder()
    try export(IntegerGroupFixture.path(folder), to: "tone", output.path("middle.tone"))
    try export(output.path("middle.tone"), to: format, output.path("back"))
    #expect(
      try IntegerGroupFixture.arrays(output.path("back"))
        == IntegerGroupFixture.arrays(
          IntegerGroupFixture.path(folder) + "/model.safetensors"))
  }

  /// Version 2 differs in zero points only, and symmetric ones are known.
  @Test func `int4 blocks whose zero points are all 8 and whose scales are F16 go everywhere`()
    throws
  {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(
      atPath: folder.path("model"), withIntermediateDirectories: true)
    // Each block spans −8 … 7 sixteenths, so that the scale is 1/16 and the zero point 8.
    let weights = (0..<32 * 64).map { Float($0 % 16 - 8) / 16 }
    try [TestTensor("a.q_proj.weight", .bf16, [32, 64], weights)].write(
      to: folder.path("model/model.safetensors"))
    try folder.write("{}", as: "model/config.json")
    let tone = folder.path("a.tone")
    _ = try quantize(
      IntegerGroupFixture.options("int4", for: "tone", to: tone, input: folder.path("model")))
    for format in ["compressed-tensors", "gptq", "awq"] {
      try export(tone, to: format, folder.path(format))
      let model = try openModel(at: folder.path(format))
      #expect(model.description(of: "a.q_proj.weight")?.scheme == "w4a16")
      #expect(try model.weights("a.q_proj.weight") == weights)
    }
  }

  private static let refusals: [(input: String, format: String, words: [String])] = [
    ("ct-w4a16-asym", "gptq", ["up_proj", "zero points", "awq"]),
    ("awq", "compressed-tensors", ["zero points"]), ("gptq-w8a16", "awq", ["8 bits"]),
    ("gptq-w4a16", "compressed-tensors", ["scale 0 is", "no BF16 number"]),
    ("gptq-act-order", "tone", ["act-order", "dequantize"]), ("ct-w3a16", "gptq", ["w3a16"]),
  ]

  @Test(arguments: refusals)
  func `what a format can't hold is refused with the reason before anything is written`(
    input: String, format: String, words: [String]
  ) throws {
    let folder = try TemporaryFolder()
    let error = #expect(throws: (any Error).self) {
      try export(IntegerGroupFixture.path(input), to: format, folder.path("out"))
    }
    let text = error.map { "\($0)" } ?? ""
    for word in words { #expect(text.contains(word), "\(text)") }
    #expect(try folder.names().isEmpty)
  }
}
