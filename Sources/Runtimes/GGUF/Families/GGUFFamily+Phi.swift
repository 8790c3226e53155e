// SPDX-License-Identifier: Apache-2.0

extension GGUFFamily {
  /// Phi-1, 1.5 and 2, with queries, keys and values apart or fused.
  static let phi2 = GGUFFamily(
    architecture: "phi2", modelType: "phi",
    modules: .ends(norm: "model.final_layernorm") + .attention(output: "dense") + [
      GGUFModule("blk.#.attn_norm", "model.layers.#.input_layernorm"),
      GGUFModule("blk.#.ffn_up", "model.layers.#.mlp.fc1"),
      GGUFModule("blk.#.ffn_down", "model.layers.#.mlp.fc2"),
    ],
    settings: .sizes(context: 2048)
      + .layerNormDecoder(part: 0.5, activations: JSONDocument.approximateGELU),
    biases: GGUFBiases(
      required: ["output_norm", "output", "attn_norm", "attn_output", "ffn_up", "ffn_down"],
      optional: GGUFBiases.attention), requiresHead: true)

  /// Phi-3, 3.5 and 4.
  ///
  /// llama.cpp takes no notice of the window that some of these have.
  static let phi3 = GGUFFamily(
    architecture: "phi3", modelType: "phi3",
    modules: .ends() + .norms() + [
      GGUFModule("blk.#.attn_qkv", "model.layers.#.self_attn.qkv_proj"),
      GGUFModule("blk.#.attn_output", "model.layers.#.self_attn.o_proj"),
      GGUFModule("blk.#.ffn_up", "model.layers.#.mlp.gate_up_proj"),
      GGUFModule("blk.#.ffn_down", "model.layers.#.mlp.down_proj"),
    ],
    settings: .sizes(context: 4096) + .decoder(epsilon: 1e-5) + [
      .rotaryPart("partial_rotary_factor"),
      .window("attention.sliding_window", "sliding_window"), .ignoredWindow("sliding_window"),
      .implied(["rope.scaling.attn_factor"]),
    ], scalesByFactors: true)
}
