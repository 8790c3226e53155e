// SPDX-License-Identifier: Apache-2.0

extension Family {
  /// GPT-2: layer norms, learned positions, and weights stored with a row for each input.
  static let gpt2 = Family(modelTypes: ["gpt2"]) { configuration, names in
    let keys = DecoderSizes.Keys(
      hidden: ["n_embd", "hidden_size"], layerCount: ["n_layer", "num_hidden_layers"],
      headCount: ["n_head", "num_attention_heads"], contextLength: "n_positions")
    let sizes = try DecoderSizes(
      from: configuration, keys: keys,
      intermediate: { try configuration.optionalCount("n_inner") ?? 4 * $0 },
      defaultContextLength: 1024)
    let style = NormStyle.layer(
      epsilon: try configuration.optionalPositive("layer_norm_epsilon") ?? 1e-5)
    let activation = try Activation(
      configuration, key: "activation_function", default: "gelu_new")
    let isScaled = try configuration.flag("scale_attn_weights", default: true)
    let scalesByLayer = try configuration.flag("scale_attn_by_inverse_layer_idx", default: false)
    let tied = try configuration.tiesHead(default: true, names: names)
    // The precision of half-precision runs, a copy of `n_positions`, and heads for other tasks.
    configuration.ignore(
      "reorder_and_upcast_attn", "n_ctx", "summary_activation", "summary_first_dropout",
      "summary_proj_to_labels", "summary_type", "summary_use_proj")

    let base = names.prefix(of: "wte.weight", among: ["transformer.", ""])
    let (hidden, inner) = (sizes.hidden, sizes.intermediate)
    let layers = (0..<sizes.layerCount).map { index in
      let name = "\(base)h.\(index)"
      func projection(_ module: String, from input: Int, to output: Int) -> Projection {
        Projection("\(name).\(module)", from: input, to: output, bias: true, transposed: true)
      }
      var attention = sizes.attention(
        .concatenated(projection("attn.c_attn", from: hidden, to: sizes.fusedSize), of: sizes),
        output: projection("attn.c_proj", from: hidden, to: hidden), position: .none)
      if !isScaled { attention.scale = 1 }
      if scalesByLayer { attention.scale /= Float(index + 1) }
      return Layer(
        attention: attention,
        attentionNorms: BranchNorms(input: style.norm("\(name).ln_1", size: hidden)),
        feedForward: .plain(
          up: projection("mlp.c_fc", from: hidden, to: inner),
          down: projection("mlp.c_proj", from: inner, to: hidden), activation: activation),
        feedForwardNorms: BranchNorms(input: style.norm("\(name).ln_2", size: hidden)))
    }
    let tokens = TensorReference(name: "\(base)wte.weight", shape: [sizes.vocabulary, hidden])
    let positions = TensorReference(
      name: "\(base)wpe.weight", shape: [sizes.contextLength, hidden])
    return Architecture(
      hiddenSize: hidden,
      embedding: Embedding(
        tokens: tokens, positions: LearnedPositions(table: positions, firstRow: 0)),
      layers: layers,
      finalNorm: style.norm("\(base)ln_f", size: hidden),
      head: OutputHead(tied: tied, to: tokens),
      contextLength: sizes.contextLength,
      // Stored masks end like biases.
      ownership: TensorOwnership(
        prefixes: base.isEmpty ? ["h.", "ln_f.", "wpe.", "wte."] : [base],
        unusedSuffixes: [".attn.bias", ".attn.masked_bias"]))
  }
}
