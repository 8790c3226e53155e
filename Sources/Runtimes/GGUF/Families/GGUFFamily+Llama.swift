// SPDX-License-Identifier: Apache-2.0

extension GGUFFamily {
  /// LLaMA 1 to 3, Mistral and all that shares their layer.
  ///
  /// Mistral's sliding window is not in such a file, and llama.cpp runs without it.
  static let llama = GGUFFamily(
    architecture: "llama", modelType: "llama",
    modules: .ends() + .norms() + llamaAttention + .gated,
    settings: .decoder + .attentionBias + [.present("blk.0.ffn_up.bias", "mlp_bias")])

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
    settings: .decoder + [
      .count("expert_count", "num_local_experts"),
      .count("expert_used_count", "num_experts_per_tok"),
      .constant("sliding_window", .null),
    ])

  /// llama.cpp rotates neighbouring rows of these models.
  private static let llamaAttention: [GGUFModule] = .attention(
    queries: .rotaryRows(.queries), keys: .rotaryRows(.keys))
}
