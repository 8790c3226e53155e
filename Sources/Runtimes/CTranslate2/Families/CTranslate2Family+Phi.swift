// SPDX-License-Identifier: Apache-2.0

extension CTranslate2Family {
  /// Phi-1, 1.5 and 2: both parts read one layer norm, heads are partly rotated, everything has a bias.
  static let phi = CTranslate2Family(
    "phi",
    modules: { decoder in
      let heads: [CTranslate2Module] = [
        .init("layers.#.self_attn.q_layernorm", "layer_#/self_attention/q_norm"),
        .init("layers.#.self_attn.k_layernorm", "layer_#/self_attention/k_norm"),
      ]
      return CTranslate2Module.attention(output: "dense") + (decoder.normalizesHeads ? heads : [])
        + [
          .init("final_layernorm", "layer_norm"),
          .init("layers.#.input_layernorm", "layer_#/shared_layer_norm"),
          .init("layers.#.mlp.fc1", "layer_#/ffn/linear_0"),
          .init("layers.#.mlp.fc2", "layer_#/ffn/linear_1"),
        ]
    },
    decoder: { keys in
      var decoder = try CTranslate2Decoder(
        llama: keys, rotary: .init(fraction: 0.5), length: 2048)
      decoder.isGated = false
      decoder.norm = .layer
      decoder.epsilon = Float(try keys.positive("layer_norm_eps") ?? 1e-5)
      decoder.flow = .sharedNorm
      decoder.normalizesHeads = try keys.flag("qk_layernorm", default: false)
      decoder.activation = try .init(keys, "hidden_act", default: "gelu_new")
      return decoder
    },
    configuration: { contents in
      let decoder = contents.decoder
      guard !decoder.isGated, decoder.norm == .layer, decoder.flow == .sharedNorm,
        case .rotary = decoder.position, contents.hasBias("self_attention/linear_0"),
        contents.hasBias("self_attention/linear_1"), contents.hasBias("ffn/linear_1"),
        contents.has("projection/bias"), contents.hasPlainScores, contents.hasOneWindow,
        decoder.window == nil, decoder.finalCap == nil, !decoder.scalesEmbedding
      else { return nil }
      return contents.llama("phi").filter { $0.name != "rms_norm_eps" }
        + contents.activation("hidden_act") + contents.rotatedPart() + [
          .init("layer_norm_eps", .number(decoder.epsilon)),
          .init("qk_layernorm", .flag(decoder.normalizesHeads)),
        ]
    })

  /// Phi-3, 3.5 and 4: LLaMA's layer with fused projections, and often a long context.
  static let phi3 = CTranslate2Family(
    "phi3",
    modules: { _ in
      CTranslate2Module.norms + [
        .init("layers.#.self_attn.qkv_proj", "layer_#/self_attention/linear_0"),
        .init("layers.#.self_attn.o_proj", "layer_#/self_attention/linear_1"),
        .init(
          "layers.#.mlp.gate_up_proj", "layer_#/ffn/linear_0",
          .halves(second: "layer_#/ffn/linear_0_noact")),
        .init("layers.#.mlp.down_proj", "layer_#/ffn/linear_1"),
      ]
    },
    decoder: { keys in
      var decoder = try CTranslate2Decoder(
        llama: keys, rotary: .init(fraction: 1), length: 4096, epsilon: 1e-5)
      decoder.activation = try .init(keys, "hidden_act", default: "silu")
      try decoder.readWindow(keys, default: nil)
      if case .rotary(var rotary) = decoder.position, rotary.scaling == .none {
        // As the runtime's own converter does; so it can be told from LLaMA.
        rotary.length = try keys.count("max_position_embeddings") ?? 4096
        decoder.position = .rotary(rotary)
      }
      return decoder
    },
    notes: { try $0.count("sliding_window") == nil ? [] : windowNotes($0) },
    configuration: { contents in
      let decoder = contents.decoder
      guard decoder.isGated, decoder.norm == .rootMeanSquare, decoder.flow == .sequential,
        contents.isPlain, !contents.hasBias("self_attention/linear_0"),
        !contents.hasBias("ffn/linear_1"), contents.statedLength != nil || !contents.rotatesAll
      else { return nil }
      return contents.llama("phi3") + contents.activation("hidden_act") + contents.rotatedPart()
        + [contents.window]
    })

  /// StableLM 2 and the first 3B: LLaMA's layer with layer norms and partly rotated heads.
  static let stableLM = CTranslate2Family(
    "stablelm",
    modules: { decoder in
      guard decoder.flow == .sharedNorm else { return CTranslate2Module.llama }
      return CTranslate2Module.attention() + CTranslate2Module.gatedFeedForward + [
        .init("norm", "layer_norm"),
        .init("layers.#.input_layernorm", "layer_#/shared_layer_norm"),
      ]
    },
    decoder: { keys in
      var decoder = try CTranslate2Decoder(
        llama: keys, sizes: .init(defaultKeyValueHeads: 32), rotary: .init(fraction: 0.25),
        length: 4096)
      decoder.norm = .layer
      decoder.epsilon = Float(try keys.positive("layer_norm_eps") ?? 1e-5)
      decoder.activation = try .init(keys, "hidden_act", default: "silu")
      if try keys.flag("use_parallel_residual", default: false) { decoder.flow = .sharedNorm }
      if try keys.flag("qk_layernorm", default: false) {
        throw keys.unsupported("qk_layernorm")
      }
      return decoder
    },
    configuration: { contents in
      let decoder = contents.decoder
      guard decoder.isGated, decoder.norm == .layer,
        decoder.flow == .sequential || decoder.flow == .sharedNorm, contents.isPlain,
        case .rotary = decoder.position, decoder.window == nil,
        !contents.hasBias("self_attention/linear_1"), !contents.hasBias("ffn/linear_1")
      else { return nil }
      return contents.llama("stablelm").filter {
        $0.name != "rms_norm_eps" && $0.name != "head_dim"
      }
        + contents.activation("hidden_act") + contents.rotatedPart() + [
          .init("layer_norm_eps", .number(decoder.epsilon)),
          .init("use_qkv_bias", .flag(contents.hasBias("self_attention/linear_0"))),
          .init("use_parallel_residual", .flag(decoder.flow == .sharedNorm)),
        ]
    })

  /// StarCoder 2: LLaMA's attention with layer norms, biases and a plain feed-forward part.
  static let starCoder2 = CTranslate2Family(
    "starcoder2", isTied: true,
    modules: { _ in
      CTranslate2Module.attention() + CTranslate2Module.norms + [
        .init("layers.#.mlp.c_fc", "layer_#/ffn/linear_0"),
        .init("layers.#.mlp.c_proj", "layer_#/ffn/linear_1"),
      ]
    },
    decoder: { keys in
      var decoder = try CTranslate2Decoder(
        llama: keys, sizes: .init(defaultKeyValueHeads: 2), length: 4096)
      decoder.isGated = false
      decoder.norm = .layer
      decoder.epsilon = Float(try keys.positive("norm_epsilon") ?? 1e-5)
      decoder.activation = try .init(keys, "hidden_act", default: "gelu_pytorch_tanh")
      try decoder.readWindow(keys, default: nil)
      return decoder
    },
    notes: { try $0.count("sliding_window") == nil ? [] : windowNotes($0) },
    configuration: { contents in
      let decoder = contents.decoder
      let biases = ["self_attention/linear_0", "self_attention/linear_1", "ffn/linear_0"]
        .map(contents.hasBias)
      guard !decoder.isGated, decoder.norm == .layer, decoder.flow == .sequential,
        contents.isPlain, contents.rotatesAll, Set(biases).count == 1
      else { return nil }
      return contents.llama("starcoder2").filter {
        $0.name != "rms_norm_eps" && $0.name != "head_dim"
      } + contents.activation("hidden_act") + [
        .init("norm_epsilon", .number(decoder.epsilon)), .init("use_bias", .flag(biases[0])),
        contents.window,
      ]
    })
}
