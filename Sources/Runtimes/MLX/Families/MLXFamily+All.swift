// SPDX-License-Identifier: Apache-2.0

extension MLXFamily {
  /// The families that mlx-lm 0.32 has, of those that Halftone runs.
  static let all: [MLXFamily] = [
    MLXFamily(modelTypes: ["llama", "olmo2", "phi3", "qwen2", "qwen3"]),
    MLXFamily(modelTypes: ["mistral"], ignoresWindow: true),
    MLXFamily(modelTypes: ["starcoder2"], ignoresWindow: true),
    MLXFamily(modelTypes: ["gemma"], head: .tied),
    MLXFamily(modelTypes: ["gemma2"], head: .tied, ignoresWindow: true),
    MLXFamily(modelTypes: ["gemma3_text"], hasWindowRhythm: true),
    MLXFamily(modelTypes: ["phi", "stablelm"], head: .own),
    mixtral, qwen3MoE, deepSeekV3, gptOSS, gpt2, gptNeoX,
  ]

  /// The family that `config.json` calls so; nil where mlx-lm or this program lacks it.
  static func named(_ modelType: String) -> MLXFamily? {
    all.first { $0.modelTypes.contains(modelType) }
  }

  private static let mixtral = MLXFamily(
    modelTypes: ["mixtral"],
    experts: Experts(
      module: "block_sparse_moe.experts", stacked: "block_sparse_moe.switch_mlp",
      layers: [("w1", "gate_proj"), ("w2", "down_proj"), ("w3", "up_proj")]),
    ignoresWindow: true)

  private static let switchedExperts = Experts(
    module: "mlp.experts", stacked: "mlp.switch_mlp",
    layers: ["gate_proj", "down_proj", "up_proj"].map { ($0, $0) })

  private static let qwen3MoE = MLXFamily(
    modelTypes: ["qwen3_moe"], experts: switchedExperts, fineModules: [".mlp.gate"],
    keys: [("num_experts", "num_local_experts")])

  /// Of `kv_b_proj` mlx-lm makes two stacks of matrices, quantized ones by rounding a second time, and
  /// mlx-swift-lm none; so it stays in its type. The router is a parameter and no layer.
  private static let deepSeekV3 = MLXFamily(
    modelTypes: ["deepseek_v3"], experts: switchedExperts,
    plainModules: [".self_attn.kv_b_proj", ".mlp.gate"], head: .own)

  private static let gptOSS = MLXFamily(
    modelTypes: ["gpt_oss"], hasInterleavedExperts: true, fineModules: [".mlp.router"], head: .own)

  private static let gpt2 = MLXFamily(
    modelTypes: ["gpt2"],
    prefixes: [
      Prefix(checkpoint: "transformer.", runtime: "model."),
      Prefix(checkpoint: "lm_head.", runtime: "lm_head."),
      Prefix(checkpoint: "", runtime: "model."),
    ],
    dropped: [".attn.bias", ".attn.masked_bias"],
    transposed: [
      ".attn.c_attn.weight", ".attn.c_proj.weight", ".mlp.c_fc.weight", ".mlp.c_proj.weight",
    ],
    head: .tied, embeddingName: "transformer.wte.weight", keys: [("n_ctx", "n_positions")])

  private static let gptNeoX = MLXFamily(
    modelTypes: ["gpt_neox"],
    prefixes: [
      Prefix(checkpoint: "gpt_neox.layers.", runtime: "model.h."),
      Prefix(checkpoint: "embed_out.", runtime: "model.embed_out."),
      Prefix(checkpoint: "gpt_neox.", runtime: "model."),
    ],
    dropped: [".attention.bias", ".attention.masked_bias", ".attention.rotary_emb.inv_freq"],
    head: .own, headName: "embed_out.weight", embeddingName: "gpt_neox.embed_in.weight",
    keys: [("rotary_emb_base", "rope_theta"), ("rotary_pct", "partial_rotary_factor")])
}
