// SPDX-License-Identifier: Apache-2.0

extension Family {
  /// OPT: layer norms before or after the parts, learned positions from the third row on, perhaps
  /// token embeddings narrower than a hidden state.
  static let opt = Family(modelTypes: ["opt"]) { configuration, names in
    let sizes = try DecoderSizes(
      from: configuration, keys: DecoderSizes.Keys(),
      intermediate: { _ in try configuration.count("ffn_dim") }, defaultContextLength: 2048)
    let activation = try Activation(configuration, key: "activation_function", default: "relu")
    let width = try configuration.optionalCount("word_embed_proj_dim") ?? sizes.hidden
    let normalizesBefore = try configuration.flag("do_layer_norm_before", default: true)
    let hasNoFinalNorm = try configuration.flag("_remove_final_layer_norm", default: false)
    let hasBias = try configuration.flag("enable_bias", default: true)
    let hasWeights = try configuration.flag("layer_norm_elementwise_affine", default: true)
    let tied = try configuration.tiesHead(default: true, names: names)
    let style = NormStyle.layer(epsilon: 1e-5, weight: hasWeights, bias: hasWeights)

    let base = names.prefix(
      of: "embed_tokens.weight", among: ["model.decoder.", "decoder."])
    let (hidden, inner) = (sizes.hidden, sizes.intermediate)
    let layers = (0..<sizes.layerCount).map { index in
      let name = "\(base)layers.\(index)"
      func projection(_ module: String, from input: Int, to output: Int) -> Projection {
        Projection("\(name).\(module)", from: input, to: output, bias: hasBias)
      }
      func norms(_ module: String) -> BranchNorms {
        let norm = style.norm("\(name).\(module)", size: hidden)
        return normalizesBefore ? BranchNorms(input: norm) : BranchNorms(sum: norm)
      }
      var attention = sizes.attention(
        .direct(
          query: projection("self_attn.q_proj", from: hidden, to: hidden),
          key: projection("self_attn.k_proj", from: hidden, to: hidden),
          value: projection("self_attn.v_proj", from: hidden, to: hidden)),
        output: projection("self_attn.out_proj", from: hidden, to: hidden), position: .none)
      attention.rounding = [.query, .product]
      return Layer(
        attention: attention,
        attentionNorms: norms("self_attn_layer_norm"),
        feedForward: .plain(
          up: projection("fc1", from: hidden, to: inner),
          down: projection("fc2", from: inner, to: hidden), activation: activation),
        feedForwardNorms: norms("final_layer_norm"))
    }
    let tokens = TensorReference(
      name: "\(base)embed_tokens.weight", shape: [sizes.vocabulary, width])
    let positions = TensorReference(
      name: "\(base)embed_positions.weight", shape: [sizes.contextLength + 2, hidden])
    var head = OutputHead(tied: tied, to: tokens)
    if width != hidden {
      head.reduction = Projection("\(base)project_out", from: hidden, to: width)
    }
    return Architecture(
      hiddenSize: hidden,
      embedding: Embedding(
        tokens: tokens,
        projection: width == hidden
          ? nil : Projection("\(base)project_in", from: width, to: hidden),
        positions: LearnedPositions(table: positions, firstRow: 2)),
      layers: layers,
      finalNorm: normalizesBefore && !hasNoFinalNorm
        ? style.norm("\(base)final_layer_norm", size: hidden) : nil,
      head: head,
      contextLength: sizes.contextLength,
      ownership: TensorOwnership(prefixes: [base], unusedSuffixes: []))
  }
}
