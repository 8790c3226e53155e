// SPDX-License-Identifier: Apache-2.0

extension Family {
  /// Phi-1, 1.5 and 2: both parts read one layer norm, heads are partly rotated, everything has a
  /// bias.
  static let phi = Family(modelTypes: ["phi"]) { configuration, names in
    let sizes = try DecoderSizes(from: configuration, defaultContextLength: 2048)
    let style = NormStyle.layer(
      epsilon: try configuration.optionalPositive("layer_norm_eps") ?? 1e-5)
    let activation = try Activation(configuration, key: "hidden_act", default: "gelu_new")
    let position = try RotaryEmbedding(
      from: configuration, headSize: sizes.headSize, contextLength: sizes.contextLength,
      defaults: RotaryDefaults(fraction: 0.5))
    let normalizesHeads = try configuration.flag("qk_layernorm", default: false)
    let tied = try configuration.tiesHead(default: false, names: names)

    let (hidden, inner) = (sizes.hidden, sizes.intermediate)
    let layers = (0..<sizes.layerCount).map { index in
      let name = "model.layers.\(index)"
      func projection(_ module: String, from input: Int, to output: Int) -> Projection {
        Projection("\(name).\(module)", from: input, to: output, bias: true)
      }
      let norms = BranchNorms(input: style.norm("\(name).input_layernorm", size: hidden))
      var attention = sizes.attention(
        .direct(
          query: projection("self_attn.q_proj", from: hidden, to: sizes.querySize),
          key: projection("self_attn.k_proj", from: hidden, to: sizes.keySize),
          value: projection("self_attn.v_proj", from: hidden, to: sizes.keySize)),
        output: projection("self_attn.dense", from: sizes.querySize, to: hidden),
        position: .rotary(position))
      if normalizesHeads {
        attention.norms = QueryKeyNorms(
          query: .each(style.norm("\(name).self_attn.q_layernorm", size: sizes.headSize)),
          key: .each(style.norm("\(name).self_attn.k_layernorm", size: sizes.headSize)))
      }
      return Layer(
        attention: attention,
        attentionNorms: norms,
        feedForward: .plain(
          up: projection("mlp.fc1", from: hidden, to: inner),
          down: projection("mlp.fc2", from: inner, to: hidden), activation: activation),
        feedForwardNorms: norms,
        order: .parallelSum)
    }
    let tokens = TensorReference(
      name: "model.embed_tokens.weight", shape: [sizes.vocabulary, hidden])
    return Architecture(
      hiddenSize: hidden,
      embedding: Embedding(tokens: tokens),
      layers: layers,
      finalNorm: style.norm("model.final_layernorm", size: hidden),
      head: OutputHead(tied: tied, to: tokens, bias: true),
      contextLength: position.contextLength,
      ownership: TensorOwnership(
        prefixes: ["model."], unusedSuffixes: [".rotary_emb.inv_freq"]))
  }
}
