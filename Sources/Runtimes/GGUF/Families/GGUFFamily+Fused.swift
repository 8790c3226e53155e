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
      .vocabulary("vocab_size"), .count("context_length", "n_positions"),
      .count("embedding_length", "n_embd"), .count("block_count", "n_layer"),
      .count("feed_forward_length", "n_inner"), .count("attention.head_count", "n_head"),
      .number("attention.layer_norm_epsilon", "layer_norm_epsilon"),
      .absent("output.weight", "tie_word_embeddings"),
      .implied(["attention.head_count_kv"]),
    ])

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
      .vocabulary("vocab_size"), .count("context_length", "max_position_embeddings"),
      .count("embedding_length", "hidden_size"), .count("block_count", "num_hidden_layers"),
      .count("feed_forward_length", "intermediate_size"),
      .count("attention.head_count", "num_attention_heads"),
      .number("attention.layer_norm_epsilon", "layer_norm_eps"),
      .rotary("rotary_emb_base"), .rotaryPart("rotary_pct"),
      .flag("use_parallel_residual", "use_parallel_residual"),
      .absent("output.weight", "tie_word_embeddings"),
      .implied(["attention.head_count_kv"]),
    ])
}
