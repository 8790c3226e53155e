// SPDX-License-Identifier: Apache-2.0

import Container
import Conversion
import Foundation
import ModelTestSupport
import Quantization
import Tensors
import TestSupport
import Testing

/// A conversion that fails leaves nothing behind, and what was there as it was.
@Suite struct RefusalTests {
  /// Two good tensors around one with a NaN in its third slab.
  private static let withNaN: [TestTensor] = {
    var weights = [Float](repeating: 0.25, count: 2 << 20 + 100)
    weights[2 << 20 + 5] = .nan
    return [
      TestTensor("a.weight", .bf16, [64, 64], TestTensor.spread(4096, seed: 1)),
      TestTensor("b.weight", .bf16, [2, 1 << 20 + 50], weights),
      TestTensor("c.weight", .bf16, [64, 64], TestTensor.spread(4096, seed: 2)),
    ]
  }()

  @Test(arguments: [1, 2, 5], [false, true])
  func `NaN is refused by file, tensor and index, and leaves nothing`(
    threads: Int, twice: Bool
  ) throws {
    let model = try ModelFolder(Self.withNaN)
    var options = model.options("nf4", twice: twice)
    options.threads = threads
    let file = model.folder.path("model/model.safetensors")
    #expect(
      throws: ConversionError.quantization(
        file: file, .nonFinite(tensor: "b.weight", index: 2 << 20 + 5))
    ) { try quantize(options) }
    #expect(try model.outputs() == [])
  }

  @Test func `keeping what is not finite keeps exactly that tensor`() throws {
    let model = try ModelFolder(Self.withNaN)
    var options = model.options()
    options.keepsNonFinite = true
    _ = try quantize(options)
    let tone = try ToneModel(path: options.output)
    #expect(
      Dictionary(uniqueKeysWithValues: tone.tensors.map { ($0.name, $0.scheme) })
        == ["a.weight": "nf4", "b.weight": "bf16", "c.weight": "nf4"])
    #expect(tone.entry(of: "b.weight")?.reason == "has NaN or infinity")
    #expect(try tone.storedBytes("b.weight") == model.tensor("b.weight")?.bytes)
  }

  @Test func `a tensor that a rule's scheme can't hold is refused by file`() throws {
    let model = try ModelFolder(ModelFolder.everyKind)
    let rows = Recipe.Choice.scheme(name: "int8-row", options: SchemeOptions())
    let options = model.options(rules: [.init(pattern: "norm.weight", choice: rows)])
    #expect(
      throws: ConversionError.quantization(
        file: model.folder.path("model/model.safetensors"),
        .noRows(tensor: "norm.weight", shape: [20], longestRow: 1 << 20))
    ) { try quantize(options) }
    #expect(try model.outputs() == [])
  }

  @Test func `an existing output is untouched, unless it may be replaced`() throws {
    let model = try ModelFolder(ModelFolder.everyKind)
    try model.folder.write("mine", as: "out.tone")
    var options = model.options()
    #expect(throws: FileError.alreadyExists(path: options.output)) { try quantize(options) }
    #expect(try model.folder.contents(of: "out.tone") == Data("mine".utf8))
    options.overwrite = true
    _ = try quantize(options)
    #expect(try ToneModel(path: options.output).tensors.count == model.tensors.count)
    #expect(try model.outputs() == ["out.tone"])
  }

  @Test func `an existing output survives a replacement that fails`() throws {
    let model = try ModelFolder(Self.withNaN)
    try model.folder.write("mine", as: "out.tone")
    var options = model.options()
    options.overwrite = true
    #expect(throws: ConversionError.self) { try quantize(options) }
    #expect(try model.folder.contents(of: "out.tone") == Data("mine".utf8))
    #expect(try model.outputs() == ["out.tone"])
  }

  @Test func `what is read is not written to`() throws {
    let model = try ModelFolder(ModelFolder.everyKind)
    let file = "model/model.safetensors"
    let before = try model.folder.contents(of: file)
    for (input, output) in [
      ("model", "model"), (file, file), ("model", file), ("model/../model", "./\(file)"),
    ] {
      var options = model.options(output: output)
      options.input = model.folder.path(input)
      options.overwrite = true
      #expect(throws: ConversionError.outputIsInput(options.output)) { try quantize(options) }
    }
    #expect(try model.folder.contents(of: file) == before)
  }

  @Test func `an output in a folder that does not exist is refused before any work`() throws {
    let model = try ModelFolder(ModelFolder.everyKind)
    let options = model.options(output: "no/such/out.tone")
    #expect(throws: FileError.self) { try quantize(options) }
    #expect(try model.outputs() == [])
  }

  @Test(
    .enabled(if: getuid() != 0, "access rights do not bind the superuser"))
  func `a folder that may not be written to is refused`() throws {
    let model = try ModelFolder(ModelFolder.everyKind)
    try FileManager.default.createDirectory(
      atPath: model.folder.path("locked"), withIntermediateDirectories: false,
      attributes: [.posixPermissions: 0o555])
    let options = model.options(output: "locked/out.tone")
    #expect(throws: FileError.permissionDenied(path: options.output, operation: .create)) {
      try quantize(options)
    }
    #expect(try model.folder.names(in: "locked") == [])
  }
}
