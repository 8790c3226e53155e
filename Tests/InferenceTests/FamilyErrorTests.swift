// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors
import TestSupport
import Testing

@testable import Inference

/// What each family refuses, by the name of the key or tensor.
@Suite struct FamilyErrorTests {
  private func model(_ family: String) throws -> AlteredModel {
    try AlteredModel(Fixtures.folder.appending(path: "families/\(family)"))
  }

  /// Reads the architecture of a changed model and checks the tensors, but loads none.
  private func check(_ model: AlteredModel) throws {
    try Architecture(of: model).validate(against: model)
  }

  // MARK: - Tensors

  @Test(arguments: GoldenLogitsTests.families)
  func `every tensor of a family is needed, in its shape`(family: String) throws {
    let model = try model(family)
    try check(model)
    for tensor in model.tensors {
      let missing = InferenceError.missingTensor(name: tensor.name, shape: tensor.shape)
      #expect(throws: missing) { try check(model.removing(tensor.name)) }
      let shape = tensor.shape + [1]
      let unexpected = InferenceError.unexpectedShape(
        tensor: tensor.name, expected: tensor.shape, found: shape)
      #expect(throws: unexpected) {
        try check(model.adding(tensor.name, shape: shape, values: []))
      }
    }
  }

  @Test(arguments: GoldenLogitsTests.families)
  func `a tensor beside those of a family is found`(family: String) throws {
    let model = try model(family)
    let layer = try #require(
      model.tensors.map(\.name).first { $0.contains(".1.") && $0.hasSuffix(".weight") })
    for name in ["\(layer)_scale_inv", layer.replacingOccurrences(of: ".1.", with: ".9.")] {
      #expect(throws: InferenceError.unusedTensor(name: name)) {
        try check(model.adding(name, shape: [1], values: [0]))
      }
    }
  }

  // MARK: - config.json

  @Test(arguments: [
    ("bloom", ["vocab_size", "hidden_size", "n_layer", "n_head"]),
    (
      "deepseek-v3",
      [
        "vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers",
        "num_attention_heads",
      ]
    ),
    ("falcon-7b", ["vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads"]),
    ("gpt2", ["vocab_size", "n_embd", "n_layer", "n_head"]),
    ("gpt-neox", ["vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers"]),
    ("mpt", ["vocab_size", "d_model", "n_layers", "n_heads"]),
    ("opt", ["vocab_size", "hidden_size", "ffn_dim", "num_hidden_layers", "num_attention_heads"]),
  ])
  func `a size that has no default must be there`(family: String, keys: [String]) throws {
    for key in keys {
      let altered = try model(family).configured([key: nil as Any?])
      #expect(throws: InferenceError.missingKey(key)) { try check(altered) }
    }
  }

  struct Refusal: CustomTestStringConvertible, Sendable {
    var family: String
    var key: String
    /// As JSON.
    var value: String
    /// What the file would have to be like; nil where the option isn't implemented.
    var expected: String?
    /// Where the value stands inside an object of the file.
    var section: String?

    var testDescription: String { "\(family): \(key) = \(value)" }
  }

  @Test(arguments: [
    Refusal(family: "bloom", key: "apply_residual_connection_post_layernorm", value: "true"),
    Refusal(family: "deepseek-v3", key: "scoring_func", value: "\"softmax\""),
    Refusal(family: "deepseek-v3", key: "topk_method", value: "\"greedy\""),
    Refusal(family: "deepseek-v3", key: "moe_layer_freq", value: "2"),
    Refusal(family: "deepseek-v3", key: "num_key_value_heads", value: "2"),
    Refusal(
      family: "deepseek-v3", key: "n_group", value: "8",
      expected: "such that 8 experts make equal groups of at least 2"),
    Refusal(
      family: "deepseek-v3", key: "topk_group", value: "5",
      expected: "at most n_group (4), with 2 experts to choose from"),
    Refusal(family: "falcon-7b", key: "num_ln_in_parallel_attn", value: "2"),
    Refusal(family: "falcon-40b", key: "num_ln_in_parallel_attn", value: "3"),
    Refusal(family: "falcon-40b", key: "parallel_attn", value: "false"),
    Refusal(
      family: "falcon-40b", key: "num_kv_heads", value: "3",
      expected: "a divisor of num_attention_heads (8)"),
    Refusal(family: "falcon-7b", key: "activation", value: "\"mish\""),
    Refusal(family: "gemma", key: "use_bidirectional_attention", value: "true"),
    Refusal(family: "gemma3", key: "use_bidirectional_attention", value: "true"),
    Refusal(
      family: "gemma2", key: "attn_logit_softcapping", value: "0",
      expected: "a number above 0"),
    Refusal(family: "gpt2", key: "add_cross_attention", value: "true"),
    Refusal(family: "gpt2", key: "activation_function", value: "\"tanh\""),
    Refusal(
      family: "gpt-neox", key: "rotary_pct", value: "0.2",
      expected: "such that an even part of a head is rotated, not 3 of 16"),
    Refusal(family: "gpt-oss", key: "hidden_act", value: "\"gelu\""),
    Refusal(
      family: "gpt-oss", key: "num_experts_per_tok", value: "5",
      expected: "at most the number of experts (4)"),
    Refusal(family: "llama", key: "num_experts", value: "4"),
    Refusal(
      family: "mixtral", key: "num_local_experts", value: "1000000000",
      expected: "an integer of 1...43690"),
    Refusal(
      family: "mixtral", key: "num_experts_per_tok", value: "0",
      expected: "an integer of 1...65536"),
    Refusal(family: "mpt", key: "norm_type", value: "\"rmsnorm\""),
    Refusal(family: "mpt", key: "logit_scale", value: "0.5"),
    Refusal(family: "mpt", key: "alibi", value: "false", section: "attn_config"),
    Refusal(family: "mpt", key: "prefix_lm", value: "true", section: "attn_config"),
    Refusal(
      family: "mpt", key: "attn_type", value: "\"multiquery_attention\"", section: "attn_config"),
    Refusal(
      family: "mpt", key: "clip_qkv", value: "-1", expected: "a number above 0",
      section: "attn_config"),
    Refusal(family: "olmo2", key: "clip_qkv", value: "8"),
    Refusal(
      family: "opt", key: "hidden_size", value: "66",
      expected: "a multiple of num_attention_heads (4)"),
    Refusal(family: "phi3", key: "full_attn_mod", value: "2"),
    Refusal(family: "qwen3-moe", key: "shared_expert_intermediate_size", value: "32"),
    Refusal(family: "stablelm", key: "hidden_act", value: "\"quick_gelu\""),
    Refusal(family: "starcoder2", key: "norm_type", value: "\"rms_norm\""),
    Refusal(family: "starcoder2", key: "mlp_type", value: "\"gated\""),
  ])
  func `a value that can't be computed is named`(refusal: Refusal) throws {
    let value = try JSONDecoder().decode(JSONValue.self, from: Data(refusal.value.utf8))
    let object = try JSONSerialization.jsonObject(
      with: Data(refusal.value.utf8), options: .fragmentsAllowed)
    let changes: [String: Any?] =
      refusal.section.map { [$0: [refusal.key: object]] } ?? [refusal.key: object]
    let altered = try model(refusal.family).configured(changes)
    let key = (refusal.section.map { "\($0)." } ?? "") + refusal.key
    let error =
      refusal.expected.map {
        InferenceError.invalidValue(key: key, expected: $0, found: value.description)
      } ?? .unsupportedOption(key: key, value: value.description)
    #expect(throws: error) { try check(altered) }
  }

  @Test(arguments: GoldenLogitsTests.families)
  func `an option that nobody knows is named`(family: String) throws {
    let altered = try model(family).configured(["spin": 3])
    #expect(throws: InferenceError.unsupportedOption(key: "spin", value: "3")) {
      try check(altered)
    }
  }
}
