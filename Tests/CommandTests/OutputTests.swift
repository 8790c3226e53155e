// SPDX-License-Identifier: Apache-2.0

import Foundation
import ModelTestSupport
import TestSupport
import Testing

@Suite struct OutputTests {
  private struct Quantized: Decodable {
    var output: String
    var scheme: String
    var tensors: Int
    var quantized_tensors: Int
    var input_bytes: Int
    var output_bytes: Int
    var bits_per_weight: Double
    var seconds: Double
    var input_bytes_per_second: Double
    var peak_memory_bytes: Int
  }

  private struct Inspected: Decodable {
    struct Tensor: Decodable {
      var name: String
      var shape: [Int]
      var type: String
      var scheme: String
      var bytes: Int
      var bits_per_weight: Double
    }
    struct Scheme: Decodable {
      var scheme: String
      var tensors: Int
      var weights: Int
      var bytes: Int
    }
    var path: String
    var format: String
    var bytes: Int
    var weights: Int
    var tensor_count: Int
    var schemes: [Scheme]
    var assets: [String]
    var tensors: [Tensor]?
    var instruction_set: String
  }

  private struct Checked: Decodable {
    var path: String
    var format: String
    var tensors: Int
    var bytes: Int
    var frames: Int?
    var ok: Bool
  }

  private struct Planned: Decodable {
    struct Tensor: Decodable {
      var name: String
      var scheme: String
      var reason: String
      var input_bytes: Int
      var output_bytes: Int
    }
    var tensors: [Tensor]
    var input_bytes: Int
    var output_bytes: Int
    var bits_per_weight: Double
  }

  private func json<Document: Decodable>(
    _ type: Document.Type, _ outcome: Program.Outcome
  ) throws -> Document {
    #expect(outcome.status == 0 && outcome.error.isEmpty)
    return try JSONDecoder().decode(type, from: Data(outcome.output.utf8))
  }

  @Test func `quantize, inspect and check print JSON that agrees with the files`() throws {
    let model = try SmallModel()
    let quantized = try json(
      Quantized.self, model.run("quantize", "model", "-o", "m.tone", "--json", "--threads", "2"))
    #expect(quantized.output == "m.tone" && quantized.scheme == "nf4")
    #expect(quantized.tensors == 4 && quantized.quantized_tensors == 2)
    let source = try model.folder.contents(of: "model/model.safetensors")
    let file = try model.folder.contents(of: "m.tone")
    #expect(quantized.input_bytes == source.count && quantized.output_bytes == file.count)
    #expect(quantized.bits_per_weight > 4.5 && quantized.bits_per_weight < 4.6)
    #expect(quantized.peak_memory_bytes > 0)

    let inspected = try json(Inspected.self, model.run("inspect", "m.tone", "--tensors", "--json"))
    #expect(inspected.format == "tone" && inspected.bytes == file.count)
    #expect(inspected.tensor_count == 4 && inspected.tensors?.count == 4)
    #expect(inspected.weights == SmallModel.tensors.reduce(0) { $0 + $1.shape.reduce(1, *) })
    #expect(inspected.schemes.first { $0.scheme == "nf4" }?.tensors == 2)
    #expect(inspected.assets == ["config.json"])
    #expect(inspected.tensors?.first { $0.name == "norm.weight" }?.bits_per_weight == 16)
    let before = try json(Inspected.self, model.run("inspect", "model", "--json"))
    #expect(before.format == "safetensors" && before.tensors == nil)

    let checked = try json(Checked.self, model.run("check", "m.tone", "--json"))
    #expect(checked.ok && checked.tensors == 4 && checked.bytes == file.count)
    #expect((checked.frames ?? 0) > 4)
    #expect(try json(Checked.self, model.run("check", "model", "--json")).frames == nil)
  }

  @Test func `people get a few lines that name the output`() throws {
    let model = try SmallModel()
    let quantized = try model.run("quantize", "model", "-o", "m.tone", "--double-quant")
    #expect(quantized.status == 0 && quantized.error.isEmpty)
    #expect(quantized.output.hasPrefix("m.tone: "))
    #expect(quantized.output.contains("2 of 4 tensors quantized: nf4+dq"))
    #expect(try model.run("inspect", "m.tone", "--tensors").output.contains("a.up_proj.weight"))
    #expect(try model.run("check", "m.tone").output.hasSuffix(": ok\n"))
    #expect(try model.run("dequantize", "m.tone", "-o", "plain").output.hasPrefix("plain: "))
    #expect(try model.outputs() == ["m.tone", "plain"])
  }

  @Test func `a dry run prints the plan and writes nothing`() throws {
    let model = try SmallModel()
    try model.folder.write(
      "rules: [{match: '*up_proj*', scheme: int8, block_size: 32}]", as: "model/mix.yaml")
    let planned = try json(
      Planned.self,
      model.run("quantize", "model", "--dry-run", "--json", "--recipe", "model/mix.yaml"))
    let up = try #require(planned.tensors.first { $0.name == "a.up_proj.weight" })
    #expect(up.scheme == "int8" && up.reason == "rule 1: *up_proj*")
    #expect(up.input_bytes == 2 * 4290 && up.output_bytes == 4290 + 4 * 135)
    #expect(planned.tensors.count == 4)
    let text = try model.run("quantize", "model", "-o", "x.tone", "--dry-run")
    #expect(text.status == 0 && text.output.contains("linear layer"))
    let inside = try Program.run(["quantize", ".", "--dry-run"], in: model.folder.path("model"))
    #expect(inside.status == 0 && inside.error.isEmpty)
    #expect(try model.outputs() == [])
  }

  @Test func `paths are relative to where the program is called`() throws {
    let model = try SmallModel()
    try FileManager.default.createDirectory(
      atPath: model.folder.path("deep"), withIntermediateDirectories: false)
    let outcome = try Program.run(
      ["quantize", "../model", "-o", "../m.tone"], in: model.folder.path("deep"))
    #expect(outcome.status == 0)
    let restored = try Program.run(
      ["dequantize", "../m.tone", "-o", "plain"], in: model.folder.path("deep"))
    #expect(restored.status == 0)
    #expect(try model.folder.names(in: "deep/plain") == ["config.json", "model.safetensors"])
  }

  @Test(arguments: [
    ["--scheme", "nf4", "--double-quant"], ["--scheme", "int4"], ["--scheme", "int8-row"], ["--scheme", "int8-ct2"],
    ["--scheme", "fp4"],
  ])
  func `portable and vector code write the same bytes`(options: [String]) throws {
    let model = try SmallModel()
    for isa in ["scalar", nil] {
      let outcome = try Program.run(
        ["quantize", "model", "-o", "\(isa ?? "default").tone"] + options, in: model.folder.path,
        environment: isa.map { ["HALFTONE_ISA": $0] } ?? [:])
      #expect(outcome.status == 0)
    }
    #expect(
      try model.folder.contents(of: "scalar.tone") == model.folder.contents(of: "default.tone"))
  }

  @Test func `the program says which instruction set it was told to use`() throws {
    let outcome = try SmallModel().run(
      "inspect", "model", "--json", environment: ["HALFTONE_ISA": "scalar"])
    #expect(try json(Inspected.self, outcome).instruction_set == "scalar")
  }
}
