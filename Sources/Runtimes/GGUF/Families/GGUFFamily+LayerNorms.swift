// SPDX-License-Identifier: Apache-2.0

/// Families with layer norms under LLaMA's names, and OLMo 2, whose norms come last.
extension GGUFFamily {
  static let stableLM = GGUFFamily(
    architecture: "stablelm", modelType: "stablelm",
    modules: .ends() + .norms() + .attention() + .gated,
    settings: .sizes + [
      .number("attention.layer_norm_epsilon", "layer_norm_eps"),
      .rotary("rope_theta"), .rotaryPart("partial_rotary_factor"),
      .absent("output.weight", "tie_word_embeddings"),
      .present("blk.0.attn_q.bias", "use_qkv_bias"),
      .absent("blk.0.ffn_norm.weight", "use_parallel_residual"),
      .implied(["use_parallel_residual"]),
    ])

  static let starCoder2 = GGUFFamily(
    architecture: "starcoder2", modelType: "starcoder2",
    modules: .ends() + .norms() + .attention() + [
      GGUFModule("blk.#.ffn_up", "model.layers.#.mlp.c_fc"),
      GGUFModule("blk.#.ffn_down", "model.layers.#.mlp.c_proj"),
    ],
    settings: .sizes + [
      .number("attention.layer_norm_epsilon", "norm_epsilon"),
      .rotary("rope_theta"),
      .absent("output.weight", "tie_word_embeddings"),
      .present("blk.0.attn_q.bias", "use_bias"),
    ])

  static let olmo2 = GGUFFamily(
    architecture: "olmo2", modelType: "olmo2",
    modules: .ends() + .attention() + .headNorms() + .gated + [
      GGUFModule("blk.#.post_attention_norm", "model.layers.#.post_attention_layernorm"),
      GGUFModule("blk.#.post_ffw_norm", "model.layers.#.post_feedforward_layernorm"),
    ],
    settings: .decoder + .attentionBias)
}
