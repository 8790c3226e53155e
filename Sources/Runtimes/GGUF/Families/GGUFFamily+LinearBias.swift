// SPDX-License-Identifier: Apache-2.0

/// Families that know positions by linear biases of attention.
extension GGUFFamily {
  static let bloom = GGUFFamily(
    architecture: "bloom", modelType: "bloom",
    modules: .ends(norm: "transformer.ln_f", embedding: "transformer.word_embeddings") + [
      GGUFModule("token_embd_norm", "transformer.word_embeddings_layernorm"),
      GGUFModule("blk.#.attn_norm", "transformer.h.#.input_layernorm"),
      GGUFModule(
        "blk.#.attn_qkv", "transformer.h.#.self_attention.query_key_value", .gatheredRows),
      GGUFModule("blk.#.attn_output", "transformer.h.#.self_attention.dense"),
      GGUFModule("blk.#.ffn_norm", "transformer.h.#.post_attention_layernorm"),
      GGUFModule("blk.#.ffn_up", "transformer.h.#.mlp.dense_h_to_4h"),
      GGUFModule("blk.#.ffn_down", "transformer.h.#.mlp.dense_4h_to_h"),
    ],
    settings: [
      .vocabulary("vocab_size"),
      .count("context_length", "seq_length", missing: .means(2048)),
      .count("embedding_length", "hidden_size"), .count("block_count", "n_layer"),
      .times("feed_forward_length", 4, "hidden_size"),
      .count("attention.head_count", "n_head"),
      .times("attention.head_count_kv", 1, "n_head"),
      .number("attention.layer_norm_epsilon", "layer_norm_epsilon", missing: 1e-5),
      .absent("output.weight", "tie_word_embeddings"),
      .requirement("apply_residual_connection_post_layernorm", [.flag(false)]),
    ],
    biases: GGUFBiases(required: GGUFBiases.allFused.union(["token_embd_norm"])),
    aliases: [
      "hidden_size": ["n_embed"], "n_layer": ["num_hidden_layers"],
      "n_head": ["num_attention_heads"],
    ],
    prefixes: [GGUFPrefix(usual: "transformer.", other: "")])

  static let mpt = GGUFFamily(
    architecture: "mpt", modelType: "mpt",
    modules: .ends(norm: "transformer.norm_f", embedding: "transformer.wte") + [
      GGUFModule("position_embd", "transformer.wpe"),
      GGUFModule("blk.#.attn_norm", "transformer.blocks.#.norm_1"),
      GGUFModule("blk.#.attn_qkv", "transformer.blocks.#.attn.Wqkv"),
      GGUFModule("blk.#.attn_output", "transformer.blocks.#.attn.out_proj"),
      GGUFModule("blk.#.ffn_norm", "transformer.blocks.#.norm_2"),
      GGUFModule("blk.#.ffn_up", "transformer.blocks.#.ffn.up_proj"),
      GGUFModule("blk.#.ffn_down", "transformer.blocks.#.ffn.down_proj"),
    ],
    settings: [
      .vocabulary("vocab_size"), .count("context_length", "max_seq_len", missing: .means(2048)),
      .count("embedding_length", "d_model"), .count("block_count", "n_layers"),
      .times("feed_forward_length", 4, "d_model"),
      .count("attention.head_count", "n_heads"),
      .number("attention.layer_norm_epsilon", "layer_norm_epsilon", missing: 1e-5),
      .number("attention.clamp_kqv", "attn_config.clip_qkv"),
      .number("attention.max_alibi_bias", "attn_config.alibi_bias_max", missing: 8),
      .constant("attn_config.alibi", .flag(true)),
      .requirement("attn_config.qk_ln", [.flag(false)]),
      .absent("output.weight", "tie_word_embeddings"),
      .requirement("attn_config.kv_n_heads", []),
      .requirement("attn_config.softmax_scale", []),
      .implied(["attention.head_count_kv"]),
    ], biases: GGUFBiases(optional: GGUFBiases.allFused))
}
