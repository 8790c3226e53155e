// SPDX-License-Identifier: Apache-2.0

extension [GGUFModule] {
  /// Embedding, last norm and head.
  static func ends(
    norm: String = "model.norm", embedding: String = "model.embed_tokens",
    head: String = "lm_head", difference: GGUFDifference = .none
  ) -> [GGUFModule] {
    [
      GGUFModule("token_embd", embedding), GGUFModule("output_norm", norm, difference),
      GGUFModule("output", head),
    ]
  }

  /// LLaMA's attention; the two arguments are how queries and keys differ.
  static func attention(
    queries: GGUFDifference = .none, keys: GGUFDifference = .none, output: String = "o_proj"
  ) -> [GGUFModule] {
    [
      GGUFModule("blk.#.attn_q", "model.layers.#.self_attn.q_proj", queries),
      GGUFModule("blk.#.attn_k", "model.layers.#.self_attn.k_proj", keys),
      GGUFModule("blk.#.attn_v", "model.layers.#.self_attn.v_proj"),
      GGUFModule("blk.#.attn_output", "model.layers.#.self_attn.\(output)"),
    ]
  }

  /// Norms of query and key heads.
  static func headNorms(
    query: String = "q_norm", key: String = "k_norm", difference: GGUFDifference = .none
  ) -> [GGUFModule] {
    [
      GGUFModule("blk.#.attn_q_norm", "model.layers.#.self_attn.\(query)", difference),
      GGUFModule("blk.#.attn_k_norm", "model.layers.#.self_attn.\(key)", difference),
    ]
  }

  /// A norm before each part.
  static func norms(_ difference: GGUFDifference = .none) -> [GGUFModule] {
    [
      GGUFModule("blk.#.attn_norm", "model.layers.#.input_layernorm", difference),
      GGUFModule("blk.#.ffn_norm", "model.layers.#.post_attention_layernorm", difference),
    ]
  }

  /// A norm before and after each part.
  static func normsAround(_ difference: GGUFDifference) -> [GGUFModule] {
    [
      GGUFModule("blk.#.attn_norm", "model.layers.#.input_layernorm", difference),
      GGUFModule(
        "blk.#.post_attention_norm", "model.layers.#.post_attention_layernorm", difference),
      GGUFModule("blk.#.ffn_norm", "model.layers.#.pre_feedforward_layernorm", difference),
      GGUFModule("blk.#.post_ffw_norm", "model.layers.#.post_feedforward_layernorm", difference),
    ]
  }

  /// LLaMA's gated feed-forward part.
  static let gated: [GGUFModule] = [
    GGUFModule("blk.#.ffn_gate", "model.layers.#.mlp.gate_proj"),
    GGUFModule("blk.#.ffn_up", "model.layers.#.mlp.up_proj"),
    GGUFModule("blk.#.ffn_down", "model.layers.#.mlp.down_proj"),
  ]
}
