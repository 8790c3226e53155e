// SPDX-License-Identifier: Apache-2.0

extension Family {
  /// LLaMA 1 to 3 and the many checkpoints that say `model_type: llama`.
  ///
  /// Defaults for absent keys are those of the reference implementation's `LlamaConfig`; the sizes
  /// that no default can guess are required.
  static let llama = Family(modelTypes: ["llama"], architecture: Llama.architecture)
}

private enum Llama {
  @Sendable static func architecture(from configuration: Configuration) throws -> Architecture {
    let sizes = try DecoderSizes(from: configuration)
    let epsilon = Float(try configuration.optionalPositive("rms_norm_eps") ?? 1e-6)
    let attentionBias: Bool = try configuration.optional("attention_bias") ?? false
    let feedForwardBias: Bool = try configuration.optional("mlp_bias") ?? false
    let tied: Bool = try configuration.optional("tie_word_embeddings") ?? false
    let activation = try Activation(configuration, key: "hidden_act", default: "silu")
    let position = try RotaryEmbedding(
      from: configuration, headSize: sizes.headSize, contextLength: sizes.contextLength)

    let hidden = sizes.hidden
    let queries = sizes.headCount * sizes.headSize
    let keys = sizes.keyValueHeadCount * sizes.headSize
    func norm(_ name: String) -> Norm {
      .rootMeanSquare(
        weight: TensorReference(name: "\(name).weight", shape: [hidden]), epsilon: epsilon)
    }

    let layers = (0..<sizes.layerCount).map { index in
      let layer = "model.layers.\(index)"
      let attention = "\(layer).self_attn"
      let feedForward = "\(layer).mlp"
      func feed(_ name: String, from input: Int, to output: Int) -> Projection {
        Projection("\(feedForward).\(name)", from: input, to: output, bias: feedForwardBias)
      }
      func attend(_ name: String, from input: Int, to output: Int) -> Projection {
        Projection("\(attention).\(name)", from: input, to: output, bias: attentionBias)
      }
      return Layer(
        attentionNorm: norm("\(layer).input_layernorm"),
        attention: Attention(
          query: attend("q_proj", from: hidden, to: queries),
          key: attend("k_proj", from: hidden, to: keys),
          value: attend("v_proj", from: hidden, to: keys),
          output: attend("o_proj", from: queries, to: hidden),
          headCount: sizes.headCount,
          keyValueHeadCount: sizes.keyValueHeadCount,
          headSize: sizes.headSize,
          scale: 1 / Float(sizes.headSize).squareRoot(),
          position: position),
        feedForwardNorm: norm("\(layer).post_attention_layernorm"),
        feedForward: .gated(
          gate: feed("gate_proj", from: hidden, to: sizes.intermediate),
          up: feed("up_proj", from: hidden, to: sizes.intermediate),
          down: feed("down_proj", from: sizes.intermediate, to: hidden),
          activation: activation),
        residual: .sequential)
    }

    return Architecture(
      embedding: TensorReference(
        name: "model.embed_tokens.weight", shape: [sizes.vocabulary, hidden]),
      layers: layers,
      finalNorm: norm("model.norm"),
      head: Projection(
        tied ? "model.embed_tokens" : "lm_head", from: hidden, to: sizes.vocabulary),
      contextLength: position.contextLength,
      ownership: TensorOwnership(
        prefixes: ["model."], unusedSuffixes: [".rotary_emb.inv_freq"]))
  }
}
