// SPDX-License-Identifier: Apache-2.0

extension GGUFFamily {
  /// LLaMA 1 to 3 and all that shares its layer.
  static let llama = GGUFFamily(
    architecture: "llama", modelType: "llama",
    modules: .ends() + .norms() + llamaAttention + .gated,
    settings: .sizes(context: 2048, vocabularyKey: "vocab_size") + .decoder() + .attentionBias + [
      .rotarySize, .present("blk.0.ffn_up.bias", "mlp_bias"),
    ], biases: llamaBiases, hasFrequencyFactors: true)

  /// Mistral, whose files are LLaMA's; its sliding window is not in them, and llama.cpp runs without it.
  static let mistral = GGUFFamily(
    architecture: "llama", modelType: "mistral",
    modules: llama.modules,
    settings: .sizes(context: 131_072, keyHeads: .means(8), vocabularyKey: "vocab_size")
      + .decoder() + [.rotarySize, .ignoredWindow("sliding_window")],
    biases: llamaBiases, hasFrequencyFactors: true)

  /// Mixtral.
  static let mixtral = GGUFFamily(
    architecture: "llama", modelType: "mixtral",
    marker: "blk.0.ffn_gate_exps.weight",
    modules: .ends() + .norms() + llamaAttention + [
      GGUFModule("blk.#.ffn_gate_inp", "model.layers.#.block_sparse_moe.gate"),
      GGUFModule(
        "blk.#.ffn_gate_exps", "model.layers.#.block_sparse_moe.experts.@.w1", .stacked),
      GGUFModule("blk.#.ffn_up_exps", "model.layers.#.block_sparse_moe.experts.@.w3", .stacked),
      GGUFModule(
        "blk.#.ffn_down_exps", "model.layers.#.block_sparse_moe.experts.@.w2", .stacked),
    ],
    settings: .sizes(context: 131_072, keyHeads: .means(8), vocabularyKey: "vocab_size")
      + .decoder(epsilon: 1e-5, theta: 1_000_000) + [
        .count("expert_count", "num_local_experts", missing: .means(8)),
        .count("expert_used_count", "num_experts_per_tok", missing: .means(2)),
        .rotarySize, .ignoredWindow("sliding_window"),
      ],
    biases: llamaBiases, aliases: ["num_local_experts": ["num_experts"]], hasFrequencyFactors: true)

  private static let llamaBiases = GGUFBiases(
    optional: GGUFBiases.attention.union(["attn_output", "ffn_gate", "ffn_up", "ffn_down"]))

  /// llama.cpp rotates neighbouring rows of these models.
  private static let llamaAttention: [GGUFModule] = .attention(
    queries: .rotaryRows(.queries), keys: .rotaryRows(.keys))
}
