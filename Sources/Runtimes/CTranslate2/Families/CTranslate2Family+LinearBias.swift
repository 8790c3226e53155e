// SPDX-License-Identifier: Apache-2.0

extension CTranslate2Family {
  /// BLOOM: layer norms, also of the embeddings, fused projections and linear biases.
  static let bloom = CTranslate2Family(
    "bloom", bases: ["transformer.", ""], embedding: "word_embeddings", isTied: true,
    unusedSuffixes: [],
    modules: { _ in
      [
        .init("word_embeddings_layernorm", "layernorm_embedding"),
        .init("ln_f", "layer_norm"),
      ] + CTranslate2Module.fused
    },
    decoder: { keys in
      var decoder = try CTranslate2Decoder(
        keys, sizes: .plain, activation: .geluTanh,
        position: .linearBias(countsFromStart: true, isScaled: false))
      decoder.epsilon = Float(try keys.positive("layer_norm_epsilon") ?? 1e-5)
      decoder.normalizesEmbedding = true
      if try keys.flag("apply_residual_connection_post_layernorm", default: false) {
        throw keys.unsupported("apply_residual_connection_post_layernorm")
      }
      return decoder
    },
    configuration: { contents in
      let decoder = contents.decoder
      guard contents.isFused, decoder.normalizesEmbedding, decoder.activation == .geluTanh,
        case .linearBias(_, isScaled: false) = decoder.position,
        contents.hasBias("self_attention/linear_0"), contents.hasPlainScores,
        decoder.flow == .sequential, decoder.keyValueHeadCount == decoder.headCount
      else { return nil }
      return contents.sizes("bloom") + [
        .init("layer_norm_epsilon", .number(decoder.epsilon))
      ]
    })

  /// MPT: layer norms without biases, fused projections, linear biases.
  static let mpt = CTranslate2Family(
    "mpt", bases: ["transformer."], embedding: "wte", isTied: true, unusedSuffixes: [],
    modules: { _ in
      [
        .init("norm_f", "layer_norm", lacksBias: true),
        .init("blocks.#.norm_1", "layer_#/self_attention/layer_norm", lacksBias: true),
        .init("blocks.#.attn.Wqkv", "layer_#/self_attention/linear_0"),
        .init("blocks.#.attn.out_proj", "layer_#/self_attention/linear_1"),
        .init("blocks.#.norm_2", "layer_#/ffn/layer_norm", lacksBias: true),
        .init("blocks.#.ffn.up_proj", "layer_#/ffn/linear_0"),
        .init("blocks.#.ffn.down_proj", "layer_#/ffn/linear_1"),
      ]
    },
    decoder: { keys in
      var decoder = try CTranslate2Decoder(
        keys,
        sizes: .init(
          hidden: "d_model", layers: "n_layers", heads: "n_heads", keyValueHeads: nil,
          headSize: nil),
        activation: .gelu, position: .linearBias(countsFromStart: false, isScaled: false))
      decoder.epsilon = Float(try keys.positive("layer_norm_epsilon") ?? 1e-5)
      guard let options = try keys.section("attn_config") else {
        throw keys.unsupported("attn_config")
      }
      guard try options.flag("alibi", default: false),
        try options.positive("alibi_bias_max") ?? 8 == 8
      else { throw options.unsupported("alibi") }
      for key in ["clip_qkv", "qk_ln"] {
        let number = key == "clip_qkv" ? try options.number(key) ?? 0 : 0
        if try number != 0 || (key == "qk_ln" && options.flag(key, default: false)) {
          throw options.unsupported(key)
        }
      }
      if let scale = try options.positive("softmax_scale") {
        for index in decoder.layers.indices { decoder.layers[index].queryScale = Float(scale) }
      }
      return decoder
    },
    configuration: { contents in
      let decoder = contents.decoder
      guard contents.isFused, !decoder.normalizesEmbedding, decoder.activation == .gelu,
        decoder.flow == .sequential, case .linearBias(_, isScaled: false) = decoder.position,
        !contents.hasBias("self_attention/linear_0"), !contents.hasBias("ffn/linear_0"),
        decoder.keyValueHeadCount == decoder.headCount,
        Set(decoder.layers.map(\.queryScale)).count == 1
      else { return nil }
      let scale = decoder.layers.first?.queryScale
      return [
        .init("model_type", "mpt"), .init("d_model", .integer(decoder.hiddenSize)),
        .init("n_layers", .integer(decoder.layerCount)),
        .init("n_heads", .integer(decoder.headCount)),
        .init("max_seq_len", .integer(contents.length)),
        .init("layer_norm_epsilon", .number(decoder.epsilon)),
        .init(
          "attn_config",
          .object([
            .init("alibi", .flag(true)),
            .init("softmax_scale", scale.map(JSONDocument.number) ?? .null),
          ])),
      ]
    })

  /// Falcon in its three shapes: 7B (one key and value head, parallel parts after one norm), 40B (groups
  /// of heads, parallel parts after a norm each), RW (linear biases, one part after the other).
  static let falcon = CTranslate2Family(
    "falcon", bases: ["transformer."], embedding: "word_embeddings", isTied: true,
    modules: { decoder in
      let norms: [CTranslate2Module]
      switch decoder.flow {
      case .parallel:
        norms = [
          .init("h.#.ln_attn", "layer_#/input_layer_norm"),
          .init("h.#.ln_mlp", "layer_#/post_attention_layer_norm"),
        ]
      case .sharedNorm: norms = [.init("h.#.input_layernorm", "layer_#/shared_layer_norm")]
      default: norms = []
      }
      let fused = CTranslate2Module.fused.filter {
        norms.isEmpty || $0.kind != .norm
      }
      return [.init("ln_f", "layer_norm")] + norms + fused
    },
    decoder: { try CTranslate2Decoder(falcon: $0) },
    configuration: { contents in
      let decoder = contents.decoder
      let hasBias = contents.hasBias("self_attention/linear_0")
      guard contents.isFused, !decoder.normalizesEmbedding, contents.hasPlainScores,
        decoder.flow == .sequential || !hasBias, !contents.has("projection/bias")
      else { return nil }
      let isLinear: Bool
      switch decoder.position {
      case .linearBias(_, isScaled: true): isLinear = true
      case .rotary: isLinear = false
      default: return nil
      }
      let sharesOne = decoder.keyValueHeadCount == 1
      let isGrouped = decoder.flow == .parallel || (decoder.flow == .sharedNorm && !sharesOne)
      guard isGrouped || sharesOne || decoder.keyValueHeadCount == decoder.headCount,
        contents.rotatesAll || isLinear,
        // One part after the other, and rotated, is also StarCoder 2, with another activation.
        isLinear || decoder.flow != .sequential || (sharesOne && decoder.activation == .gelu)
      else { return nil }
      return contents.sizes("falcon") + contents.activation("activation") + contents.rotary() + [
        .init("ffn_hidden_size", .integer(contents.rowCount("ffn/linear_0"))),
        .init("layer_norm_epsilon", .number(decoder.epsilon)), .init("alibi", .flag(isLinear)),
        .init("bias", .flag(hasBias)), .init("new_decoder_architecture", .flag(isGrouped)),
        .init("multi_query", .flag(sharesOne)),
        .init("num_kv_heads", .integer(decoder.keyValueHeadCount)),
        .init(
          "num_ln_in_parallel_attn",
          isGrouped ? .integer(decoder.flow == .parallel ? 2 : 1) : .null),
        .init("parallel_attn", .flag(decoder.flow != .sequential)),
        .init("max_position_embeddings", .integer(contents.length)),
      ]
    })
}

extension CTranslate2Module {
  /// Fused projections and norms under BLOOM's and Falcon's names.
  fileprivate static let fused: [CTranslate2Module] = [
    .init("h.#.input_layernorm", "layer_#/self_attention/layer_norm"),
    .init(
      "h.#.self_attention.query_key_value", "layer_#/self_attention/linear_0", .gathered),
    .init("h.#.self_attention.dense", "layer_#/self_attention/linear_1"),
    .init("h.#.post_attention_layernorm", "layer_#/ffn/layer_norm"),
    .init("h.#.mlp.dense_h_to_4h", "layer_#/ffn/linear_0"),
    .init("h.#.mlp.dense_4h_to_h", "layer_#/ffn/linear_1"),
  ]
}

extension CTranslate2Decoder {
  fileprivate init(falcon keys: CheckpointKeys) throws {
    try self.init(
      keys, sizes: .plain, activation: try .init(keys, "activation", default: "gelu"),
      position: .learned)
    epsilon = Float(try keys.positive("layer_norm_epsilon") ?? 1e-5)
    let isGrouped = try keys.flag("new_decoder_architecture", default: false)
    if isGrouped {
      keyValueHeadCount = try keys.count("num_kv_heads") ?? headCount
      guard headCount % keyValueHeadCount == 0 else {
        throw keys.invalid("num_kv_heads", "does not divide the number of heads")
      }
    } else if try keys.flag("multi_query", default: true) {
      keyValueHeadCount = 1
    }
    if try keys.flag("alibi", default: false) {
      position = .linearBias(countsFromStart: true, isScaled: true)
    } else {
      position = .rotary(try CTranslate2Rotary(keys, headSize: headSize))
    }
    let isParallel = try keys.flag("parallel_attn", default: true)
    let hasTwoNorms = try keys.count("num_ln_in_parallel_attn") ?? (isGrouped ? 2 : 1) == 2
    guard isParallel || !isGrouped, !hasTwoNorms || isGrouped else {
      throw keys.unsupported("parallel_attn")
    }
    flow = !isParallel ? .sequential : hasTwoNorms ? .parallel : .sharedNorm
  }
}

extension CTranslate2Contents {
  /// Whether it has layer norms and a plain feed-forward part, as families with fused projections do.
  fileprivate var isFused: Bool {
    !decoder.isGated && decoder.norm == .layer && decoder.normalizesBefore
      && !decoder.normalizesHeads && decoder.finalCap == nil && !decoder.scalesEmbedding
      && hasOneWindow && decoder.window == nil
  }
}
