// SPDX-License-Identifier: Apache-2.0

/// The modules that families with LLaMA's names share.
extension CTranslate2Module {
  /// Queries, keys and values of their own, and what makes one of them.
  static func attention(output: String = "o_proj") -> [CTranslate2Module] {
    [
      .init("layers.#.self_attn.q_proj", "layer_#/self_attention/linear_0", .queries),
      .init("layers.#.self_attn.k_proj", "layer_#/self_attention/linear_0", .keys),
      .init("layers.#.self_attn.v_proj", "layer_#/self_attention/linear_0", .values),
      .init("layers.#.self_attn.\(output)", "layer_#/self_attention/linear_1"),
    ]
  }

  /// A gate, what it lets through, and the way down.
  static let gatedFeedForward: [CTranslate2Module] = [
    .init("layers.#.mlp.gate_proj", "layer_#/ffn/linear_0"),
    .init("layers.#.mlp.up_proj", "layer_#/ffn/linear_0_noact"),
    .init("layers.#.mlp.down_proj", "layer_#/ffn/linear_1"),
  ]

  /// A norm before each part, and one before the head.
  static let norms: [CTranslate2Module] = [
    .init("norm", "layer_norm"),
    .init("layers.#.input_layernorm", "layer_#/self_attention/layer_norm"),
    .init("layers.#.post_attention_layernorm", "layer_#/ffn/layer_norm"),
  ]

  /// Norms of query and key heads.
  static let headNorms: [CTranslate2Module] = [
    .init("layers.#.self_attn.q_norm", "layer_#/self_attention/q_norm"),
    .init("layers.#.self_attn.k_norm", "layer_#/self_attention/k_norm"),
  ]

  /// All of LLaMA's.
  static let llama = attention() + gatedFeedForward + norms
}
