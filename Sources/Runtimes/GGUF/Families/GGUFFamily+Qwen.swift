// SPDX-License-Identifier: Apache-2.0

extension GGUFFamily {
  /// Qwen 2 and 2.5.
  static let qwen2 = GGUFFamily(
    architecture: "qwen2", modelType: "qwen2",
    modules: .ends() + .norms() + .attention() + .gated,
    settings: .sizes(context: 32_768, keyHeads: .means(32)) + .decoder() + [qwenWindow],
    biases: GGUFBiases(optional: GGUFBiases.attention.union(["output"])))

  /// Qwen 3.
  static let qwen3 = GGUFFamily(
    architecture: "qwen3", modelType: "qwen3",
    modules: .ends() + .norms() + .attention() + .headNorms() + .gated,
    settings: .sizes(context: 32_768, keyHeads: .means(32), headSize: 128) + .decoder()
      + .attentionBias + [qwenWindow])

  /// Qwen 3 with experts in all layers.
  static let qwen3Sparse = GGUFFamily(
    architecture: "qwen3moe", modelType: "qwen3_moe",
    modules: .ends() + .norms() + .attention() + .headNorms() + [
      GGUFModule("blk.#.ffn_gate_inp", "model.layers.#.mlp.gate"),
      GGUFModule("blk.#.ffn_gate_exps", "model.layers.#.mlp.experts.@.gate_proj", .stacked),
      GGUFModule("blk.#.ffn_up_exps", "model.layers.#.mlp.experts.@.up_proj", .stacked),
      GGUFModule("blk.#.ffn_down_exps", "model.layers.#.mlp.experts.@.down_proj", .stacked),
    ],
    settings: .sizes(context: 32_768, keyHeads: .means(4)) + .decoder() + .attentionBias + [
      .count("expert_count", "num_experts", missing: .means(128)),
      .count("expert_used_count", "num_experts_per_tok", missing: .means(8)),
      .count("expert_feed_forward_length", "moe_intermediate_size", missing: .means(768)),
      // llama.cpp always makes the weights of the chosen experts add up to 1.
      .constant("norm_topk_prob", .flag(true)), qwenWindow,
    ], aliases: ["num_experts": ["num_local_experts"]])

  private static let qwenWindow = GGUFSetting.ignoredWindow(
    "sliding_window", isOn: "use_sliding_window")
}
