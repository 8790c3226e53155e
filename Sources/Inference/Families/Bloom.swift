// SPDX-License-Identifier: Apache-2.0

extension Family {
  /// BLOOM: layer norms, also of the embedding, fused projections and linear biases.
  static let bloom = Family(modelTypes: ["bloom"]) { configuration, names in
    let keys = DecoderSizes.Keys(
      hidden: ["hidden_size", "n_embed"], layerCount: ["n_layer", "num_hidden_layers"],
      headCount: ["n_head", "num_attention_heads"])
    let sizes = try DecoderSizes(
      from: configuration, keys: keys, intermediate: { 4 * $0 },
      defaultContextLength: LinearBias.contextLength)
    let style = NormStyle.layer(
      epsilon: try configuration.optionalPositive("layer_norm_epsilon") ?? 1e-5)
    let tied = try configuration.tiesHead(default: true, names: names)
    // How training was arranged and in which order sums were taken.
    configuration.ignore(
      "attention_softmax_in_fp32", "bias_dropout_fusion", "masked_softmax_fusion", "offset_alibi",
      "seq_length", "skip_bias_add", "skip_bias_add_qkv", "slow_but_exact")

    let base = names.prefix(of: "word_embeddings.weight", among: ["transformer.", ""])
    let (hidden, inner) = (sizes.hidden, sizes.intermediate)
    let slopes = LinearBias.slopes(headCount: sizes.headCount)
    let layers = (0..<sizes.layerCount).map { index in
      let name = "\(base)h.\(index)"
      func projection(_ module: String, from input: Int, to output: Int) -> Projection {
        Projection("\(name).\(module)", from: input, to: output, bias: true)
      }
      var attention = sizes.attention(
        .grouped(
          projection("self_attention.query_key_value", from: hidden, to: sizes.fusedSize),
          of: sizes),
        output: projection("self_attention.dense", from: hidden, to: hidden),
        position: .linearBias(LinearBias(slopes: slopes)))
      attention.rounding = .biased
      return Layer(
        attention: attention,
        attentionNorms: BranchNorms(input: style.norm("\(name).input_layernorm", size: hidden)),
        feedForward: .plain(
          up: projection("mlp.dense_h_to_4h", from: hidden, to: inner),
          down: projection("mlp.dense_4h_to_h", from: inner, to: hidden),
          activation: .geluTanhSteps(.factored)),
        feedForwardNorms: BranchNorms(
          input: style.norm("\(name).post_attention_layernorm", size: hidden)))
    }
    let tokens = TensorReference(
      name: "\(base)word_embeddings.weight", shape: [sizes.vocabulary, hidden])
    return Architecture(
      hiddenSize: hidden,
      embedding: Embedding(
        tokens: tokens, norm: style.norm("\(base)word_embeddings_layernorm", size: hidden)),
      layers: layers,
      finalNorm: style.norm("\(base)ln_f", size: hidden),
      head: OutputHead(tied: tied, to: tokens),
      contextLength: LinearBias.contextLength,
      ownership: TensorOwnership(
        prefixes: base.isEmpty ? ["h.", "ln_f.", "word_embeddings"] : [base], unusedSuffixes: []))
  }
}
