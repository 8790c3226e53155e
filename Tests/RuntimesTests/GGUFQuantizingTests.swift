// SPDX-License-Identifier: Apache-2.0

import Conversion
import Foundation
import Quantization
import Tensors
import TestSupport
import Testing

@testable import Runtimes

/// Models that are quantized to GGUF: which types, and the bytes of the fixture.
@Suite struct GGUFQuantizingTests {
  private func quantized(_ recipe: Recipe, in folder: TemporaryFolder) throws -> GGUFFile {
    var options = QuantizeOptions(
      input: Fixtures.trainedModel.path, output: folder.path("model.gguf"), recipe: recipe)
    options.format = "gguf"
    options.threads = 2
    _ = try quantize(options)
    return try GGUFFile(path: options.output)
  }

  private func mix(_ name: String) -> Recipe {
    Recipe(linearLayers: .scheme(name: name, options: SchemeOptions()))
  }

  private func types(_ file: GGUFFile) -> [String: String] {
    Dictionary(uniqueKeysWithValues: file.tensors.map { ($0.name, $0.type.name) })
  }

  @Test(arguments: [("q4_k_m", "q6_k", 15), ("q4_0", "q6_k", 2), ("q8_0", "q8_0", 7)])
  func `a mix gives its types to all matrices and its number to the file`(
    name: String, embedding: String, number: Int
  ) throws {
    let folder = try TemporaryFolder()
    let file = try quantized(mix(name), in: folder)
    let types = types(file)
    // The model has tied embeddings.
    #expect(types["token_embd.weight"] == embedding)
    #expect(types["blk.0.attn_norm.weight"] == "f32")
    #expect(types["blk.0.ffn_gate.weight"] == GGUFMix(named: name)?.base.name)
    let model = GGUFModelShape(
      architecture: "llama", layerCount: 6, headCount: 4, keyValueHeadCount: 2)
    let tensors = file.tensors.map { GGUFMix.Tensor(name: $0.name, shape: $0.shape) }
    let chosen = try #require(GGUFMix(named: name)).types(of: tensors, in: model)
    for (tensor, type) in zip(file.tensors, chosen) {
      #expect(tensor.type.name == type?.name ?? "f32", "\(tensor.name)")
    }
    #expect(try file.metadata.integer("general.file_type") == number)
  }

  @Test func `the summary counts what is quantized and not what is only cast`() throws {
    let folder = try GGUFCheckpointFolder("llama")
    for (name, isQuantized) in [("q8_0", true), ("f16", false)] {
      var options = folder.options
      options.recipe = mix(name)
      options.output = folder.folder.path("\(name).gguf")
      let summary = try quantize(options)
      let types = types(try GGUFFile(path: options.output)).values
      #expect(summary.scheme.contains(name))
      let counted = types.count { $0 == name }
      #expect(isQuantized ? summary.quantizedTensors == counted : summary.quantizedTensors > 0)
    }
  }

  @Test(arguments: [("q2_k_s", true), ("q2_k", false)])
  func `a dry run says that a mix lacks an importance matrix`(name: String, lacks: Bool) throws {
    let folder = try GGUFCheckpointFolder("llama")
    var options = folder.options
    options.recipe = mix(name)
    let source = try openModel(for: options)
    let notes = try makePlan(for: source, options).allNotes(of: source, options)
    #expect(notes.contains { $0.contains("importance matrix") } == lacks)
  }

  @Test func `a model's blocks are those that llama-quantize makes of its weights`() throws {
    let golden = try GGUFFile(path: Fixtures.folder.appending(path: "gguf/encoded.gguf").path)
    let folder = try TemporaryFolder()
    for name in ["q4_0", "q5_1", "q4_k_s", "iq4_xs"] {
      let file = try quantized(mix(name), in: folder)
      // Its last six rows in the fixture are the first weights of this tensor, which no mix raises.
      let tensor = try #require(file.tensors.first { $0.name == "blk.2.ffn_down.weight" })
      let expected = try #require(golden.tensors.first { $0.name == tensor.type.name })
      let count = 6 * 256 / tensor.type.weightCount * tensor.type.byteCount
      let last = try golden.file.withBytes(in: expected.byteRange) { Array($0.suffix(count)) }
      let first = try file.file.withBytes(in: tensor.byteRange) { Array($0.prefix(count)) }
      #expect(first == last, "\(name)")
      try FileManager.default.removeItem(atPath: folder.path("model.gguf"))
    }
  }

  @Test func `a rule of the recipe may name a block type`() throws {
    let folder = try TemporaryFolder()
    let file = try quantized(
      Recipe(
        linearLayers: .scheme(name: "q8_0", options: SchemeOptions()),
        rules: [
          Recipe.Rule(
            pattern: "*.up_proj.weight", choice: .scheme(name: "q3_k", options: SchemeOptions()))
        ]), in: folder)
    #expect(types(file)["blk.3.ffn_up.weight"] == "q3_k")
    #expect(types(file)["blk.3.ffn_gate.weight"] == "q8_0")
  }

  @Test func `rows that are not whole blocks get smaller blocks, and the plan says so`() throws {
    let schemes = GGUFSchemes()
    let expected = [
      "q2_k": "q4_0", "q3_k": "q4_0", "q4_k": "q5_0", "q5_k": "q5_1", "q6_k": "q8_0",
      "iq4_xs": "iq4_nl",
    ]
    for (name, other) in expected {
      for (columns, found) in [(512, name), (160, other), (48, "f16")] {
        let tensor = TensorDescription(
          name: "model.layers.0.mlp.up_proj.weight", shape: [4, columns], elementType: .f32,
          scheme: "f32", storedByteCount: 16 * columns)
        let plan = try Plan(recipe: mix(name), tensors: [tensor], schemes: schemes)
        #expect(plan.entries[0].schemeName == found)
        #expect(plan.entries[0].reason.contains("rows of \(columns)") == (found != name))
      }
    }
  }

  @Test func `a mix says of how many tensors the rows are not whole blocks`() throws {
    let entries = try Plan(
      recipe: mix("q4_k"),
      tensors: [
        TensorDescription(
          name: "model.layers.0.mlp.up_proj.weight", shape: [4, 160], elementType: .f32,
          scheme: "f32", storedByteCount: 2560)
      ], schemes: GGUFSchemes()
    ).entries
    #expect(GGUFWriter.standInNotes(entries).count == 1)
    #expect(GGUFWriter.standInNotes([]).isEmpty)
  }

  @Test func `block types take no block size and no double quantization`() {
    let schemes = GGUFSchemes()
    #expect(throws: QuantizationError.fixedBlocks(scheme: "q4_k", size: 256)) {
      _ = try schemes.scheme(named: "q4_k", options: SchemeOptions(blockSize: 64))
    }
    #expect(throws: QuantizationError.noDoubleQuantization(scheme: "q4_0")) {
      _ = try schemes.scheme(named: "q4_0", options: SchemeOptions(doubleQuantization: true))
    }
    #expect(throws: QuantizationError.unknownScheme(name: "iq1_s", known: schemes.names)) {
      _ = try schemes.scheme(named: "iq1_s", options: SchemeOptions())
    }
  }
}
