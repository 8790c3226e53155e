// SPDX-License-Identifier: Apache-2.0

/// Families with layer norms under LLaMA's names, and OLMo 2, whose norms come last.
extension GGUFFamily {
  static let stableLM = GGUFFamily(
    architecture: "stablelm", modelType: "stablelm", otherModelTypes: ["stablelm_epoch"],
    modules: .ends() + .norms() + .attention() + .gated + [
      GGUFModule("blk.#.attn_q_norm", "model.layers.#.self_attn.q_layernorm.norms.@", .stacked),
      GGUFModule("blk.#.attn_k_norm", "model.layers.#.self_attn.k_layernorm.norms.@", .stacked),
    ],
    settings: .sizes(context: 4096, keyHeads: .means(32))
      + .layerNormDecoder(part: 0.25, activations: ["silu"]) + [
        .present("blk.0.attn_q.bias", "use_qkv_bias"),
        .present("blk.0.attn_q_norm.weight", "qk_layernorm"),
        .absent("blk.0.ffn_norm.weight", "use_parallel_residual"),
        .flag("use_parallel_residual", "use_parallel_residual", missing: false),
      ],
    biases: GGUFBiases(
      required: ["output_norm", "attn_norm"], optional: GGUFBiases.attention.union(["ffn_norm"])),
    aliases: ["partial_rotary_factor": ["rope_pct"], "layer_norm_eps": ["norm_eps"]],
    requiresHead: true)

  static let starCoder2 = GGUFFamily(
    architecture: "starcoder2", modelType: "starcoder2",
    modules: .ends() + .norms() + .attention() + [
      GGUFModule("blk.#.ffn_up", "model.layers.#.mlp.c_fc"),
      GGUFModule("blk.#.ffn_down", "model.layers.#.mlp.c_proj"),
    ],
    settings: .sizes(context: 4096, keyHeads: .means(2))
      + .layerNormDecoder(
        epsilon: "norm_epsilon", part: nil, activations: JSONDocument.approximateGELU) + [
        .present("blk.0.attn_q.bias", "use_bias"), .ignoredWindow("sliding_window"),
      ],
    biases: GGUFBiases(
      required: ["output_norm", "attn_norm", "attn_output", "ffn_norm", "ffn_up", "ffn_down"],
      optional: GGUFBiases.attention))

  static let olmo2 = GGUFFamily(
    architecture: "olmo2", modelType: "olmo2",
    modules: .ends() + .attention() + .headNorms() + .gated + [
      GGUFModule("blk.#.post_attention_norm", "model.layers.#.post_attention_layernorm"),
      GGUFModule("blk.#.post_ffw_norm", "model.layers.#.post_feedforward_layernorm"),
    ],
    settings: .sizes(context: 2048) + .decoder(epsilon: 1e-5) + .attentionBias,
    requiresHead: true)
}
