// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors
import TestSupport
import Testing

@testable import Inference

/// The ways in which one family's checkpoints are published: other names, more tensors.
@Suite struct StoredLayoutTests {
  private let window: [Int32] = [5, 3, 9, 100, 7]

  private func model(_ family: String) throws -> AlteredModel {
    try AlteredModel(Fixtures.folder.appending(path: "families/\(family)"))
  }

  private func expectSameLogits(_ altered: AlteredModel, as family: String) throws {
    let expected = try Decoder(model(family), threads: 1).logits(ofWindow: window)
    #expect(try Decoder(altered, threads: 1).logits(ofWindow: window) == expected)
  }

  @Test(arguments: [
    ("gpt2", "transformer.", ""), ("bloom", "transformer.", ""),
    ("opt", "model.decoder.", "decoder."),
  ])
  func `the network's prefix may be left out`(family: String, prefix: String, other: String) throws
  {
    let altered = try model(family).renaming { other + $0.dropFirst(prefix.count) }
    try expectSameLogits(altered, as: family)
    // What is left out is still found.
    let extra = altered.adding("\(other)h.0.extra.weight", shape: [1], values: [0])
    let layered = altered.adding("\(other)layers.0.extra.weight", shape: [1], values: [0])
    #expect(throws: InferenceError.self) {
      try Decoder(family == "opt" ? layered : extra, threads: 1)
    }
  }

  @Test(arguments: [
    ("gpt2", "transformer.h.0.attn.bias"), ("gpt2", "transformer.h.0.attn.masked_bias"),
    ("gpt-neox", "gpt_neox.layers.1.attention.bias"),
    ("gpt-neox", "gpt_neox.layers.1.attention.masked_bias"),
    ("gpt-neox", "gpt_neox.layers.1.attention.rotary_emb.inv_freq"),
    ("phi", "model.layers.1.self_attn.rotary_emb.inv_freq"),
    ("deepseek-v3", "model.layers.3.eh_proj.weight"),
    ("deepseek-v3", "model.layers.3.mlp.gate.weight"),
  ])
  func `stored masks and layers that guess ahead are ignored`(
    family: String, name: String
  ) throws {
    try expectSameLogits(
      model(family).adding(name, shape: [1], values: [0]), as: family)
  }

  @Test func `a layer behind those that guess ahead is no part of the model`() throws {
    #expect(throws: InferenceError.unusedTensor(name: "model.layers.4.norm.weight")) {
      try Decoder(
        model("deepseek-v3").adding("model.layers.4.norm.weight", shape: [1], values: [0]),
        threads: 1)
    }
  }

  @Test(arguments: [
    ("falcon-7b", "transformer.word_embeddings.weight"), ("gemma", "model.embed_tokens.weight"),
  ])
  func `a tied head may be stored, and counts where it differs`(
    family: String, embedding: String
  ) throws {
    let model = try model(family)
    let numbers = try model.numbers(embedding)
    try expectSameLogits(
      model.adding("lm_head.weight", shape: [512, 64], values: numbers), as: family)
    let other = model.adding(
      "lm_head.weight", shape: [512, 64], values: [Float](repeating: 0, count: numbers.count))
    let logits = try Decoder(other, threads: 1).logits(ofWindow: window)
    #expect(logits.allSatisfy { $0 == 0 })
  }

  @Test func `the head of GPT-NeoX may have either name`() throws {
    try expectSameLogits(
      model("gpt-neox").renaming { $0.replacingOccurrences(of: "embed_out", with: "lm_head") },
      as: "gpt-neox")
  }

  @Test(arguments: ["language_model.model.", "model.language_model."])
  func `Gemma 3 is found inside a model for text and images`(prefix: String) throws {
    let text = try model("gemma3")
    let config = try #require(text.asset("config.json"))
    let outer: [String: Any] = [
      "model_type": "gemma3", "text_config": try JSONSerialization.jsonObject(with: config),
      "vision_config": ["hidden_size": 8], "image_token_index": 262_144, "boi_token_index": 3,
      "eoi_token_index": 4, "mm_tokens_per_image": 256,
    ]
    let data = try JSONSerialization.data(withJSONObject: outer)
    let altered = text.renaming { prefix + $0.dropFirst("model.".count) }
      .adding("vision_tower.embed.weight", shape: [1], values: [0])
      .configured(with: String(decoding: data, as: UTF8.self))
    try expectSameLogits(altered, as: "gemma3")
  }

  @Test func `experts of other counts are other models`() throws {
    #expect(
      throws: InferenceError.unexpectedShape(
        tensor: "model.layers.1.mlp.gate.weight", expected: [4, 64], found: [8, 64])
    ) {
      try Decoder(
        model("qwen3-moe").configured(["num_local_experts": 4]), threads: 1)
    }
    #expect(
      throws: InferenceError.unexpectedShape(
        tensor: "model.layers.0.mlp.router.weight", expected: [3, 64], found: [4, 64])
    ) {
      try Decoder(model("gpt-oss").configured(["num_local_experts": 3]), threads: 1)
    }
  }
}
