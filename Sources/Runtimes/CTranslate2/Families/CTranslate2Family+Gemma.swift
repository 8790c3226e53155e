// SPDX-License-Identifier: Apache-2.0

extension CTranslate2Family {
  /// Gemma: norms stored less one, scaled embeddings and a gate of GELU.
  static let gemma = CTranslate2Family(
    "gemma", isTied: true,
    modules: { _ in CTranslate2Module.llama },
    decoder: { keys in
      var decoder = try CTranslate2Decoder(
        gemma: keys, defaultKeyValueHeads: 16, activation: "hidden_act", length: 8192)
      // `gelu` is what the first files said and not what they meant.
      if decoder.activation == .gelu { decoder.activation = .geluTanh }
      return decoder
    },
    configuration: { contents in
      let decoder = contents.decoder
      guard contents.isGemma, decoder.flow == .sequential, !decoder.normalizesHeads,
        decoder.finalCap == nil, contents.hasPlainScores, contents.hasOneWindow,
        decoder.window == nil
      else { return nil }
      return contents.llama("gemma") + contents.activation("hidden_act") + [contents.attentionBias]
    })

  /// Gemma 2: norms around both parts, a window in every other layer, a cap on logits.
  static let gemma2 = CTranslate2Family(
    "gemma2", isTied: true,
    modules: { _ in CTranslate2Module.surrounded },
    decoder: { keys in
      var decoder = try CTranslate2Decoder(
        gemma: keys, defaultKeyValueHeads: 4, activation: "hidden_activation", length: 8192)
      decoder.flow = .surrounded
      try decoder.readWindows(keys, default: 4096) { $0 % 2 == 0 }
      try decoder.readScores(keys, defaultCap: 30)
      return decoder
    },
    notes: { keys in
      let cap =
        keys.lacks("attn_logit_softcapping") ? 50 : try keys.number("attn_logit_softcapping")
      return windowNotes
        + (cap == nil ? [] : ["CTranslate2 has no cap on attention scores: logits differ a little"])
    },
    configuration: { contents in
      let decoder = contents.decoder
      guard contents.isGemma, decoder.flow == .surrounded, !decoder.normalizesHeads,
        decoder.layers.allSatisfy({ $0.rotary == nil }), let scores = contents.scores
      else { return nil }
      return contents.llama("gemma2") + contents.activation("hidden_activation") + scores
        + contents.alternatingWindows + [contents.attentionBias]
    })

  /// The text part of Gemma 3: norms of heads, no cap on scores, two rotary bases.
  static let gemma3 = CTranslate2Family(
    "gemma3_text", "gemma3", bases: ["model.", "language_model.model.", "model.language_model."],
    heads: ["lm_head", "language_model.lm_head"], isTied: true,
    unusedPrefixes: [
      "vision_tower.", "multi_modal_projector.", "model.vision_tower.",
      "model.multi_modal_projector.",
    ],
    modules: { _ in CTranslate2Module.surrounded + CTranslate2Module.headNorms },
    decoder: { keys in
      let keys = try keys.section("text_config") ?? keys
      var decoder = try CTranslate2Decoder(
        gemma: keys, defaultKeyValueHeads: 4, activation: "hidden_activation", length: 131_072)
      decoder.flow = .surrounded
      decoder.normalizesHeads = true
      let period = try keys.count("sliding_window_pattern") ?? 6
      try decoder.readWindows(keys, default: 4096) { ($0 + 1) % period != 0 }
      try decoder.readScores(keys, defaultCap: nil)
      try decoder.readTwoBases(keys)
      return decoder
    },
    notes: { _ in windowNotes },
    configuration: { contents in
      let decoder = contents.decoder
      guard contents.isGemma, decoder.flow == .surrounded, decoder.normalizesHeads,
        let scores = contents.scores, let bases = contents.twoBases
      else { return nil }
      return contents.llama("gemma3_text").filter { !$0.name.hasPrefix("rope_") }
        + contents.activation("hidden_activation") + scores + contents.alternatingWindows + bases
        + [contents.attentionBias]
    })

  private static let windowNotes = [
    "CTranslate2 lets prompts look back beyond the attention window in layers that have one"
  ]
}

extension CTranslate2Module {
  /// LLaMA's parts between two norms each.
  fileprivate static let surrounded =
    attention() + gatedFeedForward + [
      .init("norm", "layer_norm"),
      .init("layers.#.input_layernorm", "layer_#/input_layer_norm"),
      .init("layers.#.post_attention_layernorm", "layer_#/post_attention_layer_norm"),
      .init("layers.#.pre_feedforward_layernorm", "layer_#/pre_feedforward_layer_norm"),
      .init("layers.#.post_feedforward_layernorm", "layer_#/post_feedforward_layer_norm"),
    ]
}

extension CTranslate2Decoder {
  fileprivate init(
    gemma keys: CheckpointKeys, defaultKeyValueHeads: Int, activation: String, length: Int
  ) throws {
    try self.init(
      llama: keys,
      sizes: .init(defaultKeyValueHeads: defaultKeyValueHeads, defaultHeadSize: 256),
      length: length)
    norm = .rootMeanSquareLessOne
    scalesEmbedding = true
    self.activation = try .init(keys, activation, default: "gelu_pytorch_tanh")
  }

  /// Reads what scores are scaled by, and the cap on logits.
  ///
  /// - Parameter defaultCap: what an absent key means; null means none.
  fileprivate mutating func readScores(_ keys: CheckpointKeys, defaultCap: Double?) throws {
    let divisor = try keys.positive("query_pre_attn_scalar") ?? 256
    for index in layers.indices { layers[index].queryScale = Float(1 / divisor.squareRoot()) }
    let cap = try keys.positive("final_logit_softcapping")
    finalCap = (keys.lacks("final_logit_softcapping") ? defaultCap : cap).map { Float($0) }
  }

  /// Reads the bases of layers with and without a window.
  fileprivate mutating func readTwoBases(_ keys: CheckpointKeys) throws {
    let parameters = try keys.section("rope_parameters")
    let scaling = try keys.section("rope_scaling")
    func rotary(_ options: CheckpointKeys?, theta: Double) throws -> CTranslate2Rotary {
      var rotary = try CTranslate2Rotary(
        keys, headSize: headSize, defaults: .init(theta: theta, thetaKey: "none"),
        options: .some(options))
      rotary.size = headSize
      return rotary
    }
    let full = try rotary(
      scaling ?? parameters?.section("full_attention"),
      theta: keys.positive("rope_theta") ?? 1_000_000)
    let sliding = try rotary(
      parameters?.section("sliding_attention"),
      theta: keys.positive("rope_local_base_freq") ?? 10_000)
    position = .rotary(sliding)
    for index in layers.indices {
      layers[index].rotary = layers[index].window ?? 0 > 0 ? sliding : full
    }
  }
}

extension CTranslate2Contents {
  /// Whether it has what all Gemmas have.
  fileprivate var isGemma: Bool {
    decoder.isGated && decoder.norm == .rootMeanSquareLessOne && decoder.scalesEmbedding
      && rotatesAll && !decoder.normalizesEmbedding && decoder.normalizesBefore
      && !hasBias("ffn/linear_1")
  }

  /// What scores are divided by, and the cap on logits; nil where layers differ.
  fileprivate var scores: [Member]? {
    let scales = Set(
      decoder.layers.map { $0.queryScale ?? 1 / Float(decoder.headSize).squareRoot() })
    guard scales.count == 1, let scale = scales.first, scale > 0 else { return nil }
    return [
      .init("query_pre_attn_scalar", .number(Self.divisor(of: scale))),
      .init("attn_logit_softcapping", .null),
      .init("final_logit_softcapping", decoder.finalCap.map(JSONDocument.number) ?? .null),
    ]
  }

  /// What gives the scale when its root is taken: a whole number where one does.
  private static func divisor(of scale: Float) -> Float {
    let divisor = (1 / (Double(scale) * Double(scale)))
    let whole = divisor.rounded()
    return Float(1 / whole.squareRoot()) == scale ? Float(whole) : Float(divisor)
  }

  fileprivate var alternatingWindows: [Member] {
    let windows = decoder.layers.map { $0.window ?? 0 }
    let length = windows.max() ?? 0
    return [
      .init("sliding_window", length > 0 ? .integer(length) : .null),
      .init(
        "layer_types",
        .list(windows.map { .text($0 > 0 ? "sliding_attention" : "full_attention") })),
    ]
  }

  /// The positions of layers with and without a window; nil where there are more than two.
  fileprivate var twoBases: [Member]? {
    guard case .rotary(let common) = decoder.position else { return nil }
    func rotaries(_ isSliding: Bool) -> [CTranslate2Rotary] {
      let all = decoder.layers.filter { ($0.window ?? 0 > 0) == isSliding }.map {
        $0.rotary ?? common
      }
      return all.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }
    let (sliding, full) = (rotaries(true), rotaries(false))
    guard sliding.count <= 1, full.count <= 1,
      sliding.allSatisfy({ $0.scaling == CTranslate2Rotary.Scaling.none })
    else { return nil }
    return rotary(of: full.first ?? CTranslate2Rotary(base: 1_000_000)) + [
      .init("rope_local_base_freq", .number(sliding.first?.base ?? 10_000))
    ]
  }
}
