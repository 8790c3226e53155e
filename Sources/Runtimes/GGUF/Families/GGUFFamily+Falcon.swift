// SPDX-License-Identifier: Apache-2.0

/// Falcon with parallel parts; the shapes with linear biases have no such file.
extension GGUFFamily {
  /// 7B and 11B: both parts read one norm.
  static let falcon = GGUFFamily(
    architecture: "falcon", modelType: "falcon", otherModelTypes: falconTypes,
    modules: falconModules + [
      GGUFModule("blk.#.attn_norm", "transformer.h.#.input_layernorm")
    ],
    settings: falconSettings + [.constant("num_ln_in_parallel_attn", .integer(1))],
    biases: falconBiases, aliases: falconAliases)

  /// 40B and 180B: a norm for each part, the second of them attention's.
  static let falconNew = GGUFFamily(
    architecture: "falcon", modelType: "falcon", otherModelTypes: falconTypes,
    marker: "blk.0.attn_norm_2.weight",
    modules: falconModules + [
      GGUFModule("blk.#.attn_norm", "transformer.h.#.ln_mlp"),
      GGUFModule("blk.#.attn_norm_2", "transformer.h.#.ln_attn"),
    ],
    settings: falconSettings + [.constant("num_ln_in_parallel_attn", .integer(2))],
    biases: falconBiases, aliases: falconAliases)

  private static let falconTypes = ["RefinedWeb", "RefinedWebModel"]

  private static let falconBiases = GGUFBiases(
    required: ["output_norm", "attn_norm"], optional: ["attn_norm_2"])

  private static let falconAliases = [
    "num_hidden_layers": ["n_layer"], "num_attention_heads": ["n_head"],
    "num_kv_heads": ["n_head_kv"], "hidden_size": ["n_embed"],
  ]

  private static let falconModules: [GGUFModule] =
    .ends(norm: "transformer.ln_f", embedding: "transformer.word_embeddings") + [
      GGUFModule(
        "blk.#.attn_qkv", "transformer.h.#.self_attention.query_key_value", .gatheredRows),
      GGUFModule("blk.#.attn_output", "transformer.h.#.self_attention.dense"),
      GGUFModule("blk.#.ffn_up", "transformer.h.#.mlp.dense_h_to_4h"),
      GGUFModule("blk.#.ffn_down", "transformer.h.#.mlp.dense_4h_to_h"),
    ]

  private static let falconSettings: [GGUFSetting] = [
    .vocabulary("vocab_size"),
    .count("context_length", "max_position_embeddings", missing: .means(2048)),
    .count("embedding_length", "hidden_size"), .count("block_count", "num_hidden_layers"),
    .count("feed_forward_length", "ffn_hidden_size", missing: .times(4, "hidden_size")),
    .count("attention.head_count", "num_attention_heads"),
    .falconKeyHeads("attention.head_count_kv", "num_kv_heads"),
    .number("attention.layer_norm_epsilon", "layer_norm_epsilon", missing: 1e-5),
    .rotary("rope_theta"),
    .absent("output.weight", "tie_word_embeddings"),
    // One key and value head is a group of all heads.
    .constant("new_decoder_architecture", .flag(true), others: [.flag(false)]),
    .constant("bias", .flag(false)), .constant("alibi", .flag(false)),
    .constant("parallel_attn", .flag(true)), .requirement("activation", ["gelu"]),
    .fixed("tensor_data_layout", .text("jploski")),
  ]
}
