// SPDX-License-Identifier: Apache-2.0

/// Gemma's checkpoints store the weights of norms less one, GGUF files as they are.
extension GGUFFamily {
  static let gemma = GGUFFamily(
    architecture: "gemma", modelType: "gemma",
    modules: .ends(difference: .plusOne) + .norms(.plusOne) + .attention() + .gated,
    settings: .decoder + .attentionBias + [
      .constant("hidden_activation", "gelu_pytorch_tanh")
    ])

  static let gemma2 = GGUFFamily(
    architecture: "gemma2", modelType: "gemma2",
    modules: .ends(difference: .plusOne) + .normsAround(.plusOne) + .attention() + .gated,
    settings: .decoder + .attentionBias + [
      .constant("hidden_activation", "gelu_pytorch_tanh"),
      .number("attn_logit_softcapping", "attn_logit_softcapping", otherwise: 50),
      .number("final_logit_softcapping", "final_logit_softcapping", otherwise: 30),
      .count("attention.sliding_window", "sliding_window", otherwise: .means(4096)),
      .queryScale("query_pre_attn_scalar", layers: 46),
    ])

  /// The text part of Gemma 3.
  static let gemma3 = GGUFFamily(
    architecture: "gemma3", modelType: "gemma3_text",
    modules: .ends(difference: .plusOne) + .normsAround(.plusOne) + .attention()
      + .headNorms(difference: .plusOne) + .gated,
    settings: .sizes + [
      .number("attention.layer_norm_rms_epsilon", "rms_norm_eps"),
      .rotary("rope_theta", otherwise: 1_000_000),
      .number("rope.freq_base_swa", "rope_local_base_freq", otherwise: 10_000),
      .absent("output.weight", "tie_word_embeddings"),
      .constant("hidden_activation", "gelu_pytorch_tanh"),
      .number("final_logit_softcapping", "final_logit_softcapping"),
      .count("attention.sliding_window", "sliding_window"),
      .count(
        "attention.sliding_window_pattern", "sliding_window_pattern", otherwise: .means(6)),
      .queryScale("query_pre_attn_scalar", layers: 62),
    ] + .attentionBias)
}
