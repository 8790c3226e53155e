// SPDX-License-Identifier: Apache-2.0

/// LLaMA's layer under LLaMA's tensor names, which many families share up to the options here.
///
/// What a single family has of its own it changes in the ``Architecture`` that comes out.
struct LlamaLayout {
  /// What the names of the network's tensors begin with.
  var base = "model."
  var sizes: DecoderSizes
  var normStyle: NormStyle
  var tied: Bool
  var gating: Gating
  var position: RotaryEmbedding
  /// Whether queries, keys and values have biases.
  var attentionInputBias = false
  var attentionOutputBias = false
  var feedForwardBias = false
  /// Whether queries and keys are normalized before they are rotated, and what of them together.
  var queryKeyNorms: NormScope?
  var normPlaces = NormPlaces.before
  /// The attention window of each layer; nil where no layer has one.
  var windows: [Int?]?

  /// Where a layer has its norms, and under which names.
  enum NormPlaces {
    /// Before each part.
    case before
    /// After each part, before it is added.
    case after
    /// Both.
    case around
  }

  /// What of a row of heads is normalized together.
  enum NormScope {
    case head, row
  }

  /// Reads the options that all these families have.
  ///
  /// - Parameters:
  ///   - tied: whether the head is the embedding where the file doesn't say; a head that is stored
  ///     counts whatever the file says.
  ///   - activation: the gate's, and the key under which a file names another.
  ///   - position: what the family has read by itself; nil to read it with the defaults of
  ///     `rotary`.
  /// - Throws: ``InferenceError`` where a value is missing, out of range or not implemented.
  init(
    from configuration: Configuration, names: StoredNames, sizes: DecoderSizes,
    epsilon: Double = 1e-6, offset: Float = 0, normRounding: NormRounding = .beforeWeight,
    tied: Bool = false,
    activation: (key: String, default: String) = ("hidden_act", "silu"),
    rotary: RotaryDefaults = RotaryDefaults(), position: RotaryEmbedding? = nil
  ) throws {
    self.sizes = sizes
    normStyle = .rootMeanSquare(
      epsilon: try configuration.optionalPositive("rms_norm_eps") ?? epsilon, offset: offset,
      rounding: normRounding)
    self.tied = try configuration.tiesHead(default: tied, names: names)
    gating = .product(
      try Activation(configuration, key: activation.key, default: activation.default))
    self.position =
      try position
      ?? RotaryEmbedding(
        from: configuration, headSize: sizes.headSize, contextLength: sizes.contextLength,
        defaults: rotary)
  }

  /// Reads whether attention has biases, all of them or none.
  mutating func readAttentionBias(
    from configuration: Configuration, default: Bool = false
  ) throws {
    attentionInputBias = try configuration.flag("attention_bias", default: `default`)
    attentionOutputBias = attentionInputBias
  }

  var architecture: Architecture {
    let tokens = TensorReference(
      name: "\(base)embed_tokens.weight", shape: [sizes.vocabulary, sizes.hidden])
    return Architecture(
      hiddenSize: sizes.hidden,
      embedding: Embedding(tokens: tokens),
      layers: (0..<sizes.layerCount).map(layer),
      finalNorm: normStyle.norm("\(base)norm", size: sizes.hidden),
      head: OutputHead(tied: tied, to: tokens),
      contextLength: position.contextLength,
      ownership: TensorOwnership(prefixes: [base], unusedSuffixes: [".rotary_emb.inv_freq"]))
  }

  private func layer(_ index: Int) -> Layer {
    let name = "\(base)layers.\(index)"
    func norm(_ module: String) -> Norm {
      normStyle.norm("\(name).\(module)_layernorm", size: sizes.hidden)
    }
    var attentionNorms = BranchNorms()
    var feedForwardNorms = BranchNorms()
    switch normPlaces {
    case .before:
      attentionNorms.input = norm("input")
      feedForwardNorms.input = norm("post_attention")
    case .after:
      attentionNorms.output = norm("post_attention")
      feedForwardNorms.output = norm("post_feedforward")
    case .around:
      attentionNorms.input = norm("input")
      attentionNorms.output = norm("post_attention")
      feedForwardNorms.input = norm("pre_feedforward")
      feedForwardNorms.output = norm("post_feedforward")
    }
    return Layer(
      attention: attention("\(name).self_attn", window: windows?[index]),
      attentionNorms: attentionNorms,
      feedForward: feedForward("\(name).mlp", inner: sizes.intermediate),
      feedForwardNorms: feedForwardNorms)
  }

  private func attention(_ name: String, window: Int?) -> Attention {
    let (hidden, queries, keys) = (sizes.hidden, sizes.querySize, sizes.keySize)
    var attention = sizes.attention(
      .direct(
        query: Projection("\(name).q_proj", from: hidden, to: queries, bias: attentionInputBias),
        key: Projection("\(name).k_proj", from: hidden, to: keys, bias: attentionInputBias),
        value: Projection("\(name).v_proj", from: hidden, to: keys, bias: attentionInputBias)),
      output: Projection("\(name).o_proj", from: queries, to: hidden, bias: attentionOutputBias),
      position: .rotary(position), window: window)
    switch queryKeyNorms {
    case .head:
      attention.norms = QueryKeyNorms(
        query: .each(normStyle.norm("\(name).q_norm", size: sizes.headSize)),
        key: .each(normStyle.norm("\(name).k_norm", size: sizes.headSize)))
    case .row:
      attention.norms = QueryKeyNorms(
        query: .whole(normStyle.norm("\(name).q_norm", size: queries)),
        key: .whole(normStyle.norm("\(name).k_norm", size: keys)))
    case nil: break
    }
    return attention
  }

  /// The gated part of a module of `inner` inner numbers.
  func feedForward(_ name: String, inner: Int) -> FeedForward {
    .gated(
      gate: Projection("\(name).gate_proj", from: sizes.hidden, to: inner, bias: feedForwardBias),
      up: Projection("\(name).up_proj", from: sizes.hidden, to: inner, bias: feedForwardBias),
      down: Projection("\(name).down_proj", from: inner, to: sizes.hidden, bias: feedForwardBias),
      gating: gating)
  }
}
