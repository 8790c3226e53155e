// SPDX-License-Identifier: Apache-2.0

extension GGUFFamily {
  /// DeepSeek V3 and R1.
  static let deepSeekV3 = GGUFFamily(
    architecture: "deepseek2", modelType: "deepseek_v3",
    modules: .ends() + .norms() + latentAttention + .gated + [
      GGUFModule("blk.#.ffn_gate_inp", "model.layers.#.mlp.gate"),
      GGUFModule("blk.#.exp_probs_b.bias", "model.layers.#.mlp.gate.e_score_correction_bias"),
    ]
      + ["gate", "up", "down"].flatMap { part in
        [
          GGUFModule(
            "blk.#.ffn_\(part)_exps", "model.layers.#.mlp.experts.@.\(part)_proj", .stacked),
          GGUFModule("blk.#.ffn_\(part)_shexp", "model.layers.#.mlp.shared_experts.\(part)_proj"),
        ]
      },
    settings: [
      .vocabulary("vocab_size", key: "vocab_size"),
      .count("context_length", "max_position_embeddings", missing: .means(4096)),
      .count("embedding_length", "hidden_size"), .count("block_count", "num_hidden_layers"),
      .count("feed_forward_length", "intermediate_size"),
      .count("attention.head_count", "num_attention_heads"),
      .latentHeads,
      .count("attention.q_lora_rank", "q_lora_rank", otherwise: .isNull, missing: .isNothing),
      .amount("leading_dense_block_count", "first_k_dense_replace", missing: 3),
      .count("expert_count", "n_routed_experts", missing: .means(256)),
      .count("expert_used_count", "num_experts_per_tok", missing: .means(8)),
      .count("expert_group_count", "n_group", missing: .means(8)),
      .count("expert_group_used_count", "topk_group", missing: .means(4)),
      .count("expert_feed_forward_length", "moe_intermediate_size", missing: .means(2048)),
      .count("expert_shared_count", "n_shared_experts", missing: .means(1)),
      .number("expert_weights_scale", "routed_scaling_factor", missing: 2.5),
      .flag("expert_weights_norm", "norm_topk_prob", missing: true),
      // Experts are chosen by sigmoids, which only newer checkpoints say.
      .fixed("expert_gating_func", .u32(2)), .requirement("scoring_func", ["sigmoid"]),
      .requirement("rope_interleave", [.flag(true)]),
      .requirement("attention_bias", [.flag(false)]),
    ] + .decoder(),
    hasLaterLayers: true)

  /// Attention through narrow states.
  private static let latentAttention: [GGUFModule] =
    [
      ("attn_q", "q_proj"), ("attn_q_a", "q_a_proj"), ("attn_q_a_norm", "q_a_layernorm"),
      ("attn_q_b", "q_b_proj"), ("attn_kv_a_mqa", "kv_a_proj_with_mqa"),
      ("attn_kv_a_norm", "kv_a_layernorm"), ("attn_output", "o_proj"),
    ].map { GGUFModule("blk.#.\($0)", "model.layers.#.self_attn.\($1)") } + [
      GGUFModule(
        "blk.#.attn_k_b", "model.layers.#.self_attn.kv_b_proj", .latentKeys,
        arranged: "model.layers.#.self_attn.k_b_proj"),
      GGUFModule(
        "blk.#.attn_v_b", "model.layers.#.self_attn.kv_b_proj", .latentValues,
        arranged: "model.layers.#.self_attn.v_b_proj"),
    ]
}
