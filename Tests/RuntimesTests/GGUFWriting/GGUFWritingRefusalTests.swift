// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Conversion
import Foundation
import Quantization
import Tensors
import TestSupport
import Testing

@testable import Runtimes

@Suite struct GGUFWritingRefusalTests {
  /// Checks that nothing is written, and for what reason.
  private func expectRefusal(_ folder: GGUFCheckpointFolder, _ error: GGUFWritingError) throws {
    #expect(throws: ConversionError.format(model: folder.path, .gguf(error))) {
      try quantize(folder.options)
    }
    #expect(try folder.folder.names() == ["model"])
  }

  @Test func `a family that llama cpp does not run is refused by name`() throws {
    try expectRefusal(
      GGUFCheckpointFolder("opt"),
      .family("opt", known: Set(GGUFFamily.all.map(\.modelType)).sorted()))
  }

  @Test func `what config json asks for and llama cpp computes otherwise is refused`() throws {
    try expectRefusal(
      GGUFCheckpointFolder("falcon-rw"),
      .option(
        key: "bias", found: "true", problem: "llama.cpp computes this family with false only"))
    try expectRefusal(
      GGUFCheckpointFolder("llama", changing: ["hidden_act": "gelu"]),
      .option(
        key: "hidden_act", found: "'gelu'",
        problem: #"llama.cpp computes this family with "silu" only"#))
    try expectRefusal(
      GGUFCheckpointFolder("gemma2", changing: ["query_pre_attn_scalar": 7]),
      .option(
        key: "query_pre_attn_scalar", found: "7.0",
        problem: "llama.cpp divides by the root of 32 in such a model"))
    try expectRefusal(
      GGUFCheckpointFolder(
        "qwen2", changing: ["rope_scaling": ["type": "llama3", "factor": 8]]),
      .option(
        key: "rope_scaling.rope_type", found: "'llama3'",
        problem: "llama.cpp has no such scaling for this family"))
  }

  @Test func `a tensor without a place in the architecture is refused`() throws {
    // One of its layers has no experts.
    try expectRefusal(
      GGUFCheckpointFolder("qwen3-moe"),
      .unknownTensor(
        tensor: "model.layers.0.mlp.down_proj.weight", architecture: "qwen3moe"))
  }

  @Test func `a model without a tokenizer is refused, and told what to put where`() throws {
    try expectRefusal(GGUFCheckpointFolder("llama", tokenizer: false), .noTokenizer)
  }

  @Test func `sizes that do not fit the tensors are refused`() throws {
    try expectRefusal(
      GGUFCheckpointFolder("llama", changing: ["num_attention_heads": 8]),
      .unexpectedShape(
        tensor: "model.layers.0.self_attn.q_proj.weight", expected: "128 rows in whole heads",
        found: [64, 64]))
    try expectRefusal(
      GGUFCheckpointFolder("llama", changing: ["vocab_size": 100]),
      .wrongValue(
        key: "vocab_size", expected: "the number of the embedding's rows, 512", found: "100"))
    try expectRefusal(
      GGUFCheckpointFolder("llama", changing: ["num_hidden_layers": NSNull()]),
      .missingKey("num_hidden_layers"))
  }

  @Test func `a scheme that the format has no blocks for is refused`() throws {
    let folder = try GGUFCheckpointFolder("llama")
    var options = folder.options
    options.recipe.rules = [
      Recipe.Rule(pattern: "*q_proj*", choice: .scheme(name: "nf4", options: SchemeOptions()))
    ]
    #expect(throws: (any Error).self) { try quantize(options) }
    #expect(try folder.folder.names() == ["model"])
  }

  @Test(arguments: [2, 3]) func `an expert that is missing is named`(expert: Int) throws {
    let folder = try GGUFCheckpointFolder("mixtral")
    let checkpoint = try SafetensorsModel(path: folder.path)
    let name = "model.layers.1.block_sparse_moe.experts.\(expert).w1.weight"
    let incomplete = try ArrangedSource(
      checkpoint, checkpoint.tensors.filter { $0.name != name }.map { Arrangement(asIs: $0) })
    #expect(
      throws: RuntimeError.gguf(
        .missingExpert(
          tensor: "model.layers.1.block_sparse_moe.experts.w1.weight, part \(expert)"))
    ) { try GGUFWriter.arrange(incomplete) }
  }
}
