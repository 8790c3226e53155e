// SPDX-License-Identifier: Apache-2.0

extension Family {
  /// Falcon in its three shapes: 7B (one key and value head, parallel parts after one norm), 40B
  /// (groups of heads, parallel parts after a norm each), RW (a key and value for each head, linear
  /// biases, one part after the other).
  static let falcon = Family(modelTypes: ["falcon"]) { configuration, names in
    let options = try FalconOptions(from: configuration)
    let sizes = options.sizes
    let tied = try configuration.tiesHead(default: true, names: names)
    let tokens = TensorReference(
      name: "transformer.word_embeddings.weight", shape: [sizes.vocabulary, sizes.hidden])
    return Architecture(
      hiddenSize: sizes.hidden,
      embedding: Embedding(tokens: tokens),
      layers: (0..<sizes.layerCount).map { options.layer("transformer.h.\($0)") },
      finalNorm: options.style.norm("transformer.ln_f", size: sizes.hidden),
      head: OutputHead(tied: tied, to: tokens),
      contextLength: options.position.rotaryEmbedding?.contextLength ?? LinearBias.contextLength,
      ownership: TensorOwnership(
        prefixes: ["transformer."], unusedSuffixes: [".rotary_emb.inv_freq"]))
  }
}

/// What distinguishes the shapes of Falcon.
private struct FalconOptions {
  var sizes: DecoderSizes
  var style: NormStyle
  var position: Position
  var activation: Activation
  var hasBias: Bool
  var isParallel: Bool
  /// Whether parallel parts have a norm each.
  var hasTwoNorms: Bool

  init(from configuration: Configuration) throws {
    sizes = try DecoderSizes(
      from: configuration, keys: DecoderSizes.Keys(hidden: ["hidden_size", "n_embed"]),
      intermediate: { try configuration.optionalCount("ffn_hidden_size") ?? 4 * $0 },
      defaultContextLength: 2048)
    style = .layer(epsilon: try configuration.optionalPositive("layer_norm_epsilon") ?? 1e-5)
    activation = try Activation(configuration, key: "activation", default: "gelu")
    hasBias = try configuration.flag("bias", default: false)

    let isGrouped = try configuration.flag("new_decoder_architecture", default: false)
    let sharesOneHead = try configuration.flag("multi_query", default: true)
    let groupCount = try configuration.optionalCount("num_kv_heads", limit: 1 << 16)
    if isGrouped {
      sizes.keyValueHeadCount = groupCount ?? sizes.headCount
      guard sizes.headCount % sizes.keyValueHeadCount == 0 else {
        throw configuration.invalid(
          "num_kv_heads", expected: "a divisor of num_attention_heads (\(sizes.headCount))")
      }
    } else {
      sizes.keyValueHeadCount = sharesOneHead ? 1 : sizes.headCount
    }

    isParallel = try configuration.flag("parallel_attn", default: true)
    let normCount = try configuration.optionalCount("num_ln_in_parallel_attn")
    hasTwoNorms = normCount ?? (isGrouped ? 2 : 1) == 2
    guard isParallel || !isGrouped else { throw configuration.unsupported("parallel_attn") }
    guard normCount ?? 1 <= 2, !hasTwoNorms || isGrouped else {
      throw configuration.unsupported("num_ln_in_parallel_attn")
    }

    let usesLinearBias = try configuration.flag("alibi", default: false)
    let embedding = try RotaryEmbedding(
      from: configuration, headSize: sizes.headSize, contextLength: sizes.contextLength)
    position = .rotary(embedding)
    if usesLinearBias {
      // The reference implementation's eager attention, to which logits are compared, counts the
      // bias twice: it comes with the mask and is added to the products once more (Transformers
      // 5.23).
      position = .linearBias(
        LinearBias(
          slopes: LinearBias.slopes(headCount: sizes.headCount), roundsToBrainFloat: true,
          scale: 2 * sizes.scale))
    }
  }

  func layer(_ name: String) -> Layer {
    let (hidden, inner) = (sizes.hidden, sizes.intermediate)
    func norms(_ module: String) -> BranchNorms {
      BranchNorms(input: style.norm("\(name).\(module)", size: hidden))
    }
    func projection(_ module: String, from input: Int, to output: Int) -> Projection {
      var projection = Projection("\(name).\(module)", from: input, to: output, bias: hasBias)
      projection.rounding = .each
      return projection
    }
    var attention = sizes.attention(
      .grouped(
        projection("self_attention.query_key_value", from: hidden, to: sizes.fusedSize),
        of: sizes),
      output: projection("self_attention.dense", from: hidden, to: hidden), position: position)
    if position.linearBias != nil { attention.rounding = [.product, .biased] }
    return Layer(
      attention: attention,
      attentionNorms: norms(isParallel && hasTwoNorms ? "ln_attn" : "input_layernorm"),
      feedForward: .plain(
        up: projection("mlp.dense_h_to_4h", from: hidden, to: inner),
        down: projection("mlp.dense_4h_to_h", from: inner, to: hidden), activation: activation),
      feedForwardNorms: norms(
        !isParallel ? "post_attention_layernorm" : hasTwoNorms ? "ln_mlp" : "input_layernorm"),
      order: isParallel ? .parallelSum : .sequential)
  }
}
