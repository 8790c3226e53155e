// SPDX-License-Identifier: Apache-2.0

/// Families whose checkpoints fuse queries, keys and values.
extension GGUFFamily {
  static let gpt2 = GGUFFamily(
    architecture: "gpt2", modelType: "gpt2",
    modules: [
      GGUFModule("token_embd", "transformer.wte"),
      GGUFModule("position_embd", "transformer.wpe"),
      GGUFModule("output_norm", "transformer.ln_f"),
      GGUFModule("output", "lm_head"),
      GGUFModule("blk.#.attn_norm", "transformer.h.#.ln_1"),
      GGUFModule("blk.#.attn_qkv", "transformer.h.#.attn.c_attn", .transposed),
      GGUFModule("blk.#.attn_output", "transformer.h.#.attn.c_proj", .transposed),
      GGUFModule("blk.#.ffn_norm", "transformer.h.#.ln_2"),
      GGUFModule("blk.#.ffn_up", "transformer.h.#.mlp.c_fc", .transposed),
      GGUFModule("blk.#.ffn_down", "transformer.h.#.mlp.c_proj", .transposed),
    ],
    settings: [
      .vocabulary("vocab_size"),
      .count("context_length", "n_positions", missing: .means(1024)),
      .count("embedding_length", "n_embd"), .count("block_count", "n_layer"),
      .count("feed_forward_length", "n_inner", missing: .times(4, "n_embd")),
      .count("attention.head_count", "n_head"),
      .number("attention.layer_norm_epsilon", "layer_norm_epsilon", missing: 1e-5),
      .absent("output.weight", "tie_word_embeddings"),
      .requirement("activation_function", JSONDocument.approximateGELU),
      .requirement("scale_attn_weights", [.flag(true)]),
      .requirement("scale_attn_by_inverse_layer_idx", [.flag(false)]),
      .implied(["attention.head_count_kv"]),
    ],
    biases: GGUFBiases(required: GGUFBiases.allFused),
    aliases: [
      "n_embd": ["hidden_size"], "n_layer": ["num_hidden_layers"],
      "n_head": ["num_attention_heads"],
    ],
    prefixes: [GGUFPrefix(usual: "transformer.", other: "")],
    // Stored masks end like biases.
    unusedSuffixes: [".attn.bias", ".attn.masked_bias"])

  static let gptNeoX = GGUFFamily(
    architecture: "gptneox", modelType: "gpt_neox",
    modules: [
      GGUFModule("token_embd", "gpt_neox.embed_in"),
      GGUFModule("output_norm", "gpt_neox.final_layer_norm"),
      GGUFModule("output", "embed_out"),
      GGUFModule("blk.#.attn_norm", "gpt_neox.layers.#.input_layernorm"),
      GGUFModule("blk.#.attn_qkv", "gpt_neox.layers.#.attention.query_key_value", .gatheredRows),
      GGUFModule("blk.#.attn_output", "gpt_neox.layers.#.attention.dense"),
      GGUFModule("blk.#.ffn_norm", "gpt_neox.layers.#.post_attention_layernorm"),
      GGUFModule("blk.#.ffn_up", "gpt_neox.layers.#.mlp.dense_h_to_4h"),
      GGUFModule("blk.#.ffn_down", "gpt_neox.layers.#.mlp.dense_4h_to_h"),
    ],
    settings: [
      .vocabulary("vocab_size"),
      .count("context_length", "max_position_embeddings", missing: .means(2048)),
      .count("embedding_length", "hidden_size"), .count("block_count", "num_hidden_layers"),
      .count("feed_forward_length", "intermediate_size"),
      .count("attention.head_count", "num_attention_heads"),
      .number("attention.layer_norm_epsilon", "layer_norm_eps", missing: 1e-5),
      .rotary("rotary_emb_base"), .rotaryPart("rotary_pct", missing: 0.25),
      .flag("use_parallel_residual", "use_parallel_residual", missing: true),
      .absent("output.weight", "tie_word_embeddings"),
      .requirement("hidden_act", JSONDocument.approximateGELU),
      .implied(["attention.head_count_kv"]),
    ],
    biases: GGUFBiases(required: GGUFBiases.allFused),
    aliases: ["rotary_emb_base": ["rope_theta"], "rotary_pct": ["partial_rotary_factor"]],
    prefixes: [GGUFPrefix(usual: "embed_out.", other: "lm_head.")],
    unusedSuffixes: [
      ".attention.bias", ".attention.masked_bias", ".rotary_emb.inv_freq",
    ], requiresHead: true)
}
