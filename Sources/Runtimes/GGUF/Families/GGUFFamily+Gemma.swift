// SPDX-License-Identifier: Apache-2.0

/// Gemma's checkpoints store the weights of norms less one, GGUF files as they are.
///
/// The head is always the embedding; a copy of it is left out.
extension GGUFFamily {
  static let gemma = GGUFFamily(
    architecture: "gemma", modelType: "gemma",
    modules: .ends(difference: .plusOne) + .norms(.plusOne) + .attention() + .gated,
    settings: .sizes(context: 8192, keyHeads: .means(16), headSize: 256)
      + gemmaDecoder + .attentionBias + [gemmaActivation], unusedSuffixes: gemmaUnused)

  static let gemma2 = GGUFFamily(
    architecture: "gemma2", modelType: "gemma2",
    modules: .ends(difference: .plusOne) + .normsAround(.plusOne) + .attention() + .gated,
    settings: .sizes(context: 8192, keyHeads: .means(4), headSize: 256)
      + gemmaDecoder + .attentionBias + [
        gemmaActivation,
        .number(
          "attn_logit_softcapping", "attn_logit_softcapping", otherwise: 50, missing: 50),
        .number(
          "final_logit_softcapping", "final_logit_softcapping", otherwise: 30, missing: 30),
        .count(
          "attention.sliding_window", "sliding_window", otherwise: .means(4096),
          missing: .means(4096)),
        .queryScale("query_pre_attn_scalar", layers: 46),
      ], unusedSuffixes: gemmaUnused)

  /// The text part of Gemma 3.
  static let gemma3 = GGUFFamily(
    architecture: "gemma3", modelType: "gemma3_text", otherModelTypes: ["gemma3"],
    modules: .ends(difference: .plusOne) + .normsAround(.plusOne) + .attention()
      + .headNorms(difference: .plusOne) + .gated,
    settings: .sizes(context: 131_072, keyHeads: .means(4), headSize: 256) + [
      .number("attention.layer_norm_rms_epsilon", "rms_norm_eps", missing: 1e-6),
      .rotary("rope_theta", otherwise: 1_000_000),
      .localRotary("rope_local_base_freq"),
      .absent("output.weight", "tie_word_embeddings"),
      gemmaActivation,
      .number("final_logit_softcapping", "final_logit_softcapping"),
      .count("attention.sliding_window", "sliding_window", missing: .means(4096)),
      .windowPeriod("attention.sliding_window_pattern", "sliding_window_pattern", 6),
      .queryScale("query_pre_attn_scalar", layers: 62),
    ] + .attentionBias,
    prefixes: [
      GGUFPrefix(usual: "model.", other: "language_model.model."),
      GGUFPrefix(usual: "model.", other: "model.language_model."),
    ], unusedSuffixes: gemmaUnused,
    unusedPrefixes: [
      "vision_tower.", "multi_modal_projector.",
      "model.vision_tower.", "model.multi_modal_projector.",
    ])

  private static let gemmaActivation = GGUFSetting.constant(
    "hidden_activation", "gelu_pytorch_tanh")

  /// `hidden_act` is not what the class computes with, so nothing is asked of it.
  private static let gemmaDecoder: [GGUFSetting] = [
    .number("attention.layer_norm_rms_epsilon", "rms_norm_eps", missing: 1e-6),
    .rotary("rope_theta"), .absent("output.weight", "tie_word_embeddings"),
  ]

  private static let gemmaUnused = [".rotary_emb.inv_freq", "lm_head.weight"]
}
