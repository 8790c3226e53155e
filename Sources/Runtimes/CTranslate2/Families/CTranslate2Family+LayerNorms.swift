// SPDX-License-Identifier: Apache-2.0

extension CTranslate2Family {
  /// GPT-NeoX and Pythia: fused projections, partly rotated heads, parallel parts.
  static let gptNeoX = CTranslate2Family(
    "gpt_neox", bases: ["gpt_neox."], embedding: "embed_in", heads: ["embed_out", "lm_head"],
    unusedSuffixes: [".attention.bias", ".attention.masked_bias", ".rotary_emb.inv_freq"],
    modules: { decoder in
      let isParallel = decoder.flow == .parallel
      return [
        .init("final_layer_norm", "layer_norm"),
        .init(
          "layers.#.input_layernorm",
          isParallel ? "layer_#/input_layer_norm" : "layer_#/self_attention/layer_norm"),
        .init(
          "layers.#.post_attention_layernorm",
          isParallel ? "layer_#/post_attention_layer_norm" : "layer_#/ffn/layer_norm"),
        .init(
          "layers.#.attention.query_key_value", "layer_#/self_attention/linear_0", .gathered),
        .init("layers.#.attention.dense", "layer_#/self_attention/linear_1"),
        .init("layers.#.mlp.dense_h_to_4h", "layer_#/ffn/linear_0"),
        .init("layers.#.mlp.dense_4h_to_h", "layer_#/ffn/linear_1"),
      ]
    },
    decoder: { keys in
      var decoder = try CTranslate2Decoder(
        keys, sizes: .plain, activation: try .init(keys, "hidden_act", default: "gelu"),
        position: .learned)
      decoder.position = .rotary(
        try CTranslate2Rotary(
          keys, headSize: decoder.headSize,
          defaults: .init(
            thetaKey: "rotary_emb_base", fraction: 0.25, fractionKey: "rotary_pct")))
      decoder.epsilon = Float(try keys.positive("layer_norm_eps") ?? 1e-5)
      if try keys.flag("use_parallel_residual", default: true) { decoder.flow = .parallel }
      return decoder
    },
    configuration: { contents in
      let decoder = contents.decoder
      guard !decoder.isGated, decoder.norm == .layer, contents.isPlain, decoder.window == nil,
        decoder.flow == .parallel || decoder.flow == .sequential,
        case .rotary = decoder.position, decoder.keyValueHeadCount == decoder.headCount,
        contents.hasBias("ffn/linear_0"), !contents.has("projection/bias"),
        decoder.flow == .parallel || !contents.rotatesAll
      else { return nil }
      return contents.sizes("gpt_neox") + contents.activation("hidden_act")
        + contents.rotary("rotary_emb_base") + contents.rotatedPart("rotary_pct") + [
          .init("intermediate_size", .integer(contents.rowCount("ffn/linear_0"))),
          .init("layer_norm_eps", .number(decoder.epsilon)),
          .init("attention_bias", .flag(contents.hasBias("self_attention/linear_0"))),
          .init("use_parallel_residual", .flag(decoder.flow == .parallel)),
          .init("max_position_embeddings", .integer(contents.length)),
        ]
    })

  /// GPT-2: learned positions, and weights stored with a row for each input.
  static let gpt2 = CTranslate2Family(
    "gpt2", bases: ["transformer.", ""], embedding: "wte", isTied: true,
    unusedSuffixes: [".attn.bias", ".attn.masked_bias"],
    modules: { _ in
      [
        .init("wpe", "position_encodings"), .init("ln_f", "layer_norm"),
        .init("h.#.ln_1", "layer_#/self_attention/layer_norm"),
        .init("h.#.attn.c_attn", "layer_#/self_attention/linear_0", isTransposed: true),
        .init("h.#.attn.c_proj", "layer_#/self_attention/linear_1", isTransposed: true),
        .init("h.#.ln_2", "layer_#/ffn/layer_norm"),
        .init("h.#.mlp.c_fc", "layer_#/ffn/linear_0", isTransposed: true),
        .init("h.#.mlp.c_proj", "layer_#/ffn/linear_1", isTransposed: true),
      ]
    },
    decoder: { keys in
      var decoder = try CTranslate2Decoder(
        keys,
        sizes: .init(
          hidden: "n_embd", formerHidden: "hidden_size", layers: "n_layer",
          formerLayers: "num_hidden_layers", heads: "n_head", formerHeads: "num_attention_heads",
          keyValueHeads: nil, headSize: nil),
        activation: try .init(keys, "activation_function", default: "gelu_new"),
        position: .learned)
      decoder.epsilon = Float(try keys.positive("layer_norm_epsilon") ?? 1e-5)
      let isScaled = try keys.flag("scale_attn_weights", default: true)
      let scalesByLayer = try keys.flag("scale_attn_by_inverse_layer_idx", default: false)
      if !isScaled || scalesByLayer {
        let scale = isScaled ? 1 / Float(decoder.headSize).squareRoot() : 1
        for index in decoder.layers.indices {
          decoder.layers[index].queryScale = scale / (scalesByLayer ? Float(index + 1) : 1)
        }
      }
      return decoder
    },
    configuration: { contents in
      let decoder = contents.decoder
      guard !decoder.isGated, decoder.norm == .layer, decoder.flow == .sequential,
        decoder.finalCap == nil, !decoder.normalizesEmbedding, !decoder.scalesEmbedding,
        !decoder.normalizesHeads, decoder.normalizesBefore, contents.hasOneWindow,
        decoder.position == .learned, decoder.window == nil, let scores = contents.scores,
        decoder.keyValueHeadCount == decoder.headCount, !contents.has("project_in/weight"),
        contents.hasBias("self_attention/linear_0"), contents.hasBias("ffn/linear_0")
      else { return nil }
      return [
        .init("model_type", "gpt2"), .init("n_embd", .integer(decoder.hiddenSize)),
        .init("n_layer", .integer(decoder.layerCount)),
        .init("n_head", .integer(decoder.headCount)),
        .init("n_inner", .integer(contents.rowCount("ffn/linear_0"))),
        .init("n_positions", .integer(contents.positionCount)),
        .init("layer_norm_epsilon", .number(decoder.epsilon)),
      ] + contents.activation("activation_function") + scores
    })

  /// OPT: norms before or after the parts, learned positions from the third row on, perhaps token
  /// embeddings narrower than a hidden state.
  static let opt = CTranslate2Family(
    "opt", bases: ["model.decoder.", "decoder."], isTied: true, unusedSuffixes: [],
    modules: { decoder in
      [
        .init("embed_positions", "position_encodings", .skipping(skippedPositions)),
        .init("final_layer_norm", "layer_norm", isOptional: true),
        .init("project_in", "project_in", isOptional: true),
        .init("project_out", "project_out", isOptional: true),
        .init("layers.#.self_attn_layer_norm", "layer_#/self_attention/layer_norm"),
        .init("layers.#.final_layer_norm", "layer_#/ffn/layer_norm"),
        .init("layers.#.fc1", "layer_#/ffn/linear_0"),
        .init("layers.#.fc2", "layer_#/ffn/linear_1"),
      ] + CTranslate2Module.attention(output: "out_proj")
    },
    decoder: { keys in
      var decoder = try CTranslate2Decoder(
        keys, sizes: .plain,
        activation: try .init(keys, "activation_function", default: "relu"),
        position: .learned)
      decoder.normalizesBefore = try keys.flag("do_layer_norm_before", default: true)
      if try !keys.flag("layer_norm_elementwise_affine", default: true) {
        throw keys.unsupported("layer_norm_elementwise_affine")
      }
      return decoder
    },
    configuration: { contents in
      let decoder = contents.decoder
      guard !decoder.isGated, decoder.norm == .layer, decoder.flow == .sequential,
        decoder.position == .learned, decoder.window == nil, contents.hasPlainScores,
        decoder.finalCap == nil, !decoder.normalizesHeads, !decoder.scalesEmbedding,
        !decoder.normalizesEmbedding, decoder.keyValueHeadCount == decoder.headCount,
        decoder.activation == .relu || contents.has("project_in/weight")
          || !decoder.normalizesBefore
      else { return nil }
      let width = contents.file["\(CTranslate2.scope)embeddings/weight"]?.columnCount
      return contents.sizes("opt") + contents.activation("activation_function") + [
        .init("ffn_dim", .integer(contents.rowCount("ffn/linear_0"))),
        .init("word_embed_proj_dim", .integer(width ?? decoder.hiddenSize)),
        .init("max_position_embeddings", .integer(contents.positionCount)),
        .init("do_layer_norm_before", .flag(decoder.normalizesBefore)),
        .init("enable_bias", .flag(contents.hasBias("ffn/linear_0"))),
        .init("_remove_final_layer_norm", .flag(!contents.has("layer_norm/gamma"))),
      ]
    })

  /// The first rows of OPT's table of positions, which no token uses.
  private static let skippedPositions = 2
}

extension CTranslate2Contents {
  /// How scores are scaled, by layer or not at all; nil where neither is the case.
  fileprivate var scores: [Member]? {
    let usual = 1 / Float(decoder.headSize).squareRoot()
    let scales = decoder.layers.map { $0.queryScale ?? usual }
    for (isScaled, scale) in [(true, usual), (false, 1)] {
      for byLayer in [false, true] {
        let expected = scales.indices.map { byLayer ? scale / Float($0 + 1) : scale }
        guard scales == expected else { continue }
        return [
          .init("scale_attn_weights", .flag(isScaled)),
          .init("scale_attn_by_inverse_layer_idx", .flag(byLayer)),
        ]
      }
    }
    return nil
  }
}
