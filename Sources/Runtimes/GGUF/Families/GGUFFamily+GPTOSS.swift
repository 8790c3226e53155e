// SPDX-License-Identifier: Apache-2.0

extension GGUFFamily {
  /// gpt-oss.
  static let gptOSS = GGUFFamily(
    architecture: "gpt-oss", modelType: "gpt_oss",
    modules: .ends() + .attention() + [
      GGUFModule("blk.#.attn_norm", "model.layers.#.input_layernorm"),
      GGUFModule("blk.#.attn_sinks.weight", "model.layers.#.self_attn.sinks"),
      GGUFModule("blk.#.post_attention_norm", "model.layers.#.post_attention_layernorm"),
      GGUFModule("blk.#.ffn_gate_inp", "model.layers.#.mlp.router"),
    ] + expertParts("gate_up_proj", "gate", .everyOther(first: 0))
      + expertParts("gate_up_proj", "up", .everyOther(first: 1)) + [
        GGUFModule(
          "blk.#.ffn_down_exps.weight", "model.layers.#.mlp.experts.down_proj", .transposedStack,
          arranged: "model.layers.#.mlp.experts.down_proj.weight"),
        GGUFModule(
          "blk.#.ffn_down_exps.bias", "model.layers.#.mlp.experts.down_proj_bias",
          arranged: "model.layers.#.mlp.experts.down_proj.bias"),
      ],
    settings: .sizes(context: 131_072, keyHeads: .means(8), headSize: 64)
      + .decoder(epsilon: 1e-5, theta: 150_000) + [
        .count("expert_count", "num_local_experts", missing: .means(128)),
        .count("expert_used_count", "num_experts_per_tok", missing: .means(4)),
        .times("expert_feed_forward_length", 1, "intermediate_size"),
        .count("attention.sliding_window", "sliding_window", missing: .means(128)),
        .windowPeriod(
          "attention.sliding_window_pattern", "sliding_window_pattern", 2, namesLayers: true),
        .requirement("swiglu_alpha", [.number(1.702)]), .requirement("swiglu_limit", [.number(7)]),
      ],
    biases: GGUFBiases(
      required: ["attn_output", "ffn_gate_inp"], optional: GGUFBiases.attention),
    aliases: ["num_experts_per_tok": ["experts_per_token"]], interleavesExperts: true,
    stretchesUnasked: true, requiresHead: true)

  /// The weights and the biases of one of two parts that are fused.
  private static func expertParts(
    _ fused: String, _ part: String, _ difference: GGUFDifference
  ) -> [GGUFModule] {
    [("weight", ""), ("bias", "_bias")].map { suffix, ending in
      GGUFModule(
        "blk.#.ffn_\(part)_exps.\(suffix)", "model.layers.#.mlp.experts.\(fused)\(ending)",
        difference, arranged: "model.layers.#.mlp.experts.\(part)_proj.\(suffix)")
    }
  }
}
