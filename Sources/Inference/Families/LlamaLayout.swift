// SPDX-License-Identifier: Apache-2.0

/// LLaMA's layer under LLaMA's tensor names, which many families share up to the options here.
struct LlamaLayout {
  var sizes: DecoderSizes
  var epsilon: Float
  var tied: Bool
  var activation: Activation
  var position: RotaryEmbedding
  /// Whether queries, keys and values have biases.
  var attentionInputBias = false
  var attentionOutputBias = false
  var feedForwardBias = false
  /// Whether each query and key head is normalized before it is rotated.
  var normalizesHeads = false
  /// The attention window of each layer; nil where no layer has one.
  var windows: [Int?]?

  /// Reads the options that all these families have.
  ///
  /// - Throws: ``InferenceError`` where a value is missing, out of range or not implemented.
  init(from configuration: Configuration, sizes: DecoderSizes) throws {
    self.sizes = sizes
    epsilon = Float(try configuration.optionalPositive("rms_norm_eps") ?? 1e-6)
    tied = try configuration.optional("tie_word_embeddings") ?? false
    activation = try Activation(configuration, key: "hidden_act", default: "silu")
    position = try RotaryEmbedding(
      from: configuration, headSize: sizes.headSize, contextLength: sizes.contextLength)
  }

  var architecture: Architecture {
    Architecture(
      embedding: TensorReference(
        name: "model.embed_tokens.weight", shape: [sizes.vocabulary, sizes.hidden]),
      layers: (0..<sizes.layerCount).map(layer),
      finalNorm: norm("model.norm", size: sizes.hidden),
      head: Projection(
        tied ? "model.embed_tokens" : "lm_head", from: sizes.hidden, to: sizes.vocabulary),
      contextLength: position.contextLength,
      ownership: TensorOwnership(
        prefixes: ["model."], unusedSuffixes: [".rotary_emb.inv_freq"]))
  }

  private func layer(_ index: Int) -> Layer {
    let name = "model.layers.\(index)"
    return Layer(
      attentionNorm: norm("\(name).input_layernorm", size: sizes.hidden),
      attention: attention("\(name).self_attn", window: windows?[index]),
      feedForwardNorm: norm("\(name).post_attention_layernorm", size: sizes.hidden),
      feedForward: feedForward("\(name).mlp"),
      residual: .sequential)
  }

  private func attention(_ name: String, window: Int?) -> Attention {
    let hidden = sizes.hidden
    let queries = sizes.headCount * sizes.headSize
    let keys = sizes.keyValueHeadCount * sizes.headSize
    let headNorms =
      normalizesHeads
      ? HeadNorms(
        query: norm("\(name).q_norm", size: sizes.headSize),
        key: norm("\(name).k_norm", size: sizes.headSize))
      : nil
    return Attention(
      query: Projection("\(name).q_proj", from: hidden, to: queries, bias: attentionInputBias),
      key: Projection("\(name).k_proj", from: hidden, to: keys, bias: attentionInputBias),
      value: Projection("\(name).v_proj", from: hidden, to: keys, bias: attentionInputBias),
      output: Projection("\(name).o_proj", from: queries, to: hidden, bias: attentionOutputBias),
      headCount: sizes.headCount,
      keyValueHeadCount: sizes.keyValueHeadCount,
      headSize: sizes.headSize,
      scale: 1 / Float(sizes.headSize).squareRoot(),
      position: position,
      headNorms: headNorms,
      window: window)
  }

  private func feedForward(_ name: String) -> FeedForward {
    let (hidden, inner) = (sizes.hidden, sizes.intermediate)
    return .gated(
      gate: Projection("\(name).gate_proj", from: hidden, to: inner, bias: feedForwardBias),
      up: Projection("\(name).up_proj", from: hidden, to: inner, bias: feedForwardBias),
      down: Projection("\(name).down_proj", from: inner, to: hidden, bias: feedForwardBias),
      activation: activation)
  }

  private func norm(_ name: String, size: Int) -> Norm {
    .rootMeanSquare(
      weight: TensorReference(name: "\(name).weight", shape: [size]), epsilon: epsilon)
  }
}
