// SPDX-License-Identifier: Apache-2.0

extension [GGUFSetting] {
  /// The sizes under the names that LLaMA's configuration gives them.
  ///
  /// - Parameters:
  ///   - context: the class's default of the context's length.
  ///   - keyHeads: its default of the number of key heads.
  ///   - headSize: its default of a head's size; nil for an equal part of the hidden state.
  ///   - vocabularyKey: where the file says the number of tokens, if it does.
  static func sizes(
    context: Int, keyHeads: GGUFSetting.Missing = .isSame(as: "num_attention_heads"),
    headSize: Int? = nil, vocabularyKey: String? = nil
  ) -> [GGUFSetting] {
    [
      .vocabulary("vocab_size", key: vocabularyKey),
      .count("context_length", "max_position_embeddings", missing: .means(context)),
      .count("embedding_length", "hidden_size"),
      .count("block_count", "num_hidden_layers"),
      .count("feed_forward_length", "intermediate_size"),
      .count("attention.head_count", "num_attention_heads"),
      .count(
        "attention.head_count_kv", "num_key_value_heads",
        otherwise: .isSame(as: "attention.head_count"), missing: keyHeads),
      .headSize("head_dim", missing: headSize),
    ]
  }

  /// What RMS-normalized decoders with full rotary positions say beside their sizes.
  static func decoder(
    epsilon: Double = 1e-6, theta: Float = 10_000, activation: JSONDocument = "silu"
  ) -> [GGUFSetting] {
    [
      .number("attention.layer_norm_rms_epsilon", "rms_norm_eps", missing: epsilon),
      .rotary("rope_theta", otherwise: theta),
      .absent("output.weight", "tie_word_embeddings"),
      .requirement("hidden_act", [activation]),
    ]
  }

  /// What decoders with layer norms and partly rotated heads say beside their sizes.
  static func layerNormDecoder(
    epsilon name: String = "layer_norm_eps", part: Double?, activations: [JSONDocument]
  ) -> [GGUFSetting] {
    [.number("attention.layer_norm_epsilon", name, missing: 1e-5), .rotary("rope_theta")]
      + (part.map { [.rotaryPart("partial_rotary_factor", missing: $0)] } ?? []) + [
        .absent("output.weight", "tie_word_embeddings"), .requirement("hidden_act", activations),
      ]
  }

  /// Whether attention has biases.
  static let attentionBias: [GGUFSetting] = [.present("blk.0.attn_q.bias", "attention_bias")]
}

extension JSONDocument {
  /// The hyperbolic approximation of GELU, under the names that it has.
  static let approximateGELU: [JSONDocument] = [
    "gelu_pytorch_tanh", "gelu_new", "gelu_fast", "gelu",
  ]
}
