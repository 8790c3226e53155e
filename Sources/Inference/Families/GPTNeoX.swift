// SPDX-License-Identifier: Apache-2.0

extension Family {
  /// GPT-NeoX and Pythia: layer norms, fused projections, partly rotated heads, parallel parts.
  static let gptNeoX = Family(modelTypes: ["gpt_neox"]) { configuration, names in
    let sizes = try DecoderSizes(
      from: configuration, keys: DecoderSizes.Keys(),
      intermediate: { _ in try configuration.count("intermediate_size") },
      defaultContextLength: 2048)
    let style = NormStyle.layer(
      epsilon: try configuration.optionalPositive("layer_norm_eps") ?? 1e-5)
    let activation = try Activation(configuration, key: "hidden_act", default: "gelu")
    let position = try RotaryEmbedding(
      from: configuration, headSize: sizes.headSize, contextLength: sizes.contextLength,
      defaults: RotaryDefaults(
        thetaKey: "rotary_emb_base", fraction: 0.25, fractionKey: "rotary_pct"))
    let hasBias = try configuration.flag("attention_bias", default: true)
    let isParallel = try configuration.flag("use_parallel_residual", default: true)
    let head = names.prefix(of: ".weight", among: ["embed_out", "lm_head"])
    let tied = try configuration.tiesHead(default: false, names: names, name: head)

    let (hidden, inner) = (sizes.hidden, sizes.intermediate)
    let layers = (0..<sizes.layerCount).map { index in
      let name = "gpt_neox.layers.\(index)"
      func norms(_ module: String) -> BranchNorms {
        BranchNorms(input: style.norm("\(name).\(module)", size: hidden))
      }
      return Layer(
        attention: sizes.attention(
          .grouped(
            Projection(
              "\(name).attention.query_key_value", from: hidden, to: sizes.fusedSize,
              bias: hasBias),
            of: sizes),
          output: Projection("\(name).attention.dense", from: hidden, to: hidden, bias: hasBias),
          position: .rotary(position)),
        attentionNorms: norms("input_layernorm"),
        feedForward: .plain(
          up: Projection("\(name).mlp.dense_h_to_4h", from: hidden, to: inner, bias: true),
          down: Projection("\(name).mlp.dense_4h_to_h", from: inner, to: hidden, bias: true),
          activation: activation),
        feedForwardNorms: norms("post_attention_layernorm"),
        order: isParallel ? .parallelSum : .sequential)
    }
    let tokens = TensorReference(
      name: "gpt_neox.embed_in.weight", shape: [sizes.vocabulary, hidden])
    return Architecture(
      hiddenSize: hidden,
      embedding: Embedding(tokens: tokens),
      layers: layers,
      finalNorm: style.norm("gpt_neox.final_layer_norm", size: hidden),
      head: OutputHead(tied: tied, to: tokens, else: head),
      contextLength: position.contextLength,
      // Stored masks end like biases.
      ownership: TensorOwnership(
        prefixes: ["gpt_neox."],
        unusedSuffixes: [
          ".attention.bias", ".attention.masked_bias", ".rotary_emb.inv_freq",
        ]))
  }
}
