// SPDX-License-Identifier: Apache-2.0

extension Family {
  /// gpt-oss: LLaMA's layer with biases, attention sinks, a sliding window in every other layer,
  /// and experts whose gates are clamped.
  static let gptOSS = Family(modelTypes: ["gpt_oss"]) { configuration, names in
    let sizes = try DecoderSizes(
      from: configuration, defaultContextLength: 131_072, defaultKeyValueHeadCount: 8,
      defaultHeadSize: 64)
    var layout = try LlamaLayout(
      from: configuration, names: names, sizes: sizes, epsilon: 1e-5,
      normRounding: .afterWeight,
      position: RotaryEmbedding(scaledUnlessGiven: configuration, sizes: sizes))
    try layout.readAttentionBias(from: configuration, default: true)
    try layout.readAlternatingWindows(from: configuration, default: 128) { $0 % 2 == 0 }
    // Copies of other keys.
    configuration.ignore("experts_per_token", "initial_context_length")
    let counts = try ExpertCounts(
      from: configuration, keys: ["num_local_experts", "num_experts"], default: 128,
      defaultChosen: 4, layerCount: sizes.layerCount)
    guard case .product(.silu) = layout.gating else {
      throw configuration.unsupported("hidden_act")
    }
    let gating = Gating.clamped(
      slope: Float(try configuration.optionalPositive("swiglu_alpha") ?? 1.702),
      limit: Float(try configuration.optionalPositive("swiglu_limit") ?? 7))

    var architecture = layout.architecture
    for index in architecture.layers.indices {
      let name = "model.layers.\(index)"
      architecture.layers[index].attention.sinks = TensorReference(
        name: "\(name).self_attn.sinks", shape: [sizes.headCount])
      architecture.layers[index].feedForward = .sparse(
        Experts(
          router: Router(
            projection: Projection(
              "\(name).mlp.router", from: sizes.hidden, to: counts.all, bias: true),
            scores: .softmax, chosenCount: counts.chosen, normalizes: true, roundsWeights: true),
          experts: (0..<counts.all).map {
            .stacked(
              "\(name).mlp.experts", index: $0, of: counts.all, sizes: sizes, gating: gating)
          }))
    }
    return architecture
  }
}

extension FeedForward {
  /// One of several parts that are stored as one tensor each for gates and what they let through,
  /// alternating, and for the way down; each matrix has a row for each input.
  fileprivate static func stacked(
    _ name: String, index: Int, of count: Int, sizes: DecoderSizes, gating: Gating
  ) -> FeedForward {
    let (hidden, inner) = (sizes.hidden, sizes.intermediate)
    func projection(_ module: String, from input: Int, to output: Int) -> Projection {
      var weight = TensorReference(name: "\(name).\(module)", shape: [count, input, output])
      weight.index = index
      weight.isTransposed = true
      var bias = TensorReference(name: "\(name).\(module)_bias", shape: [count, output])
      bias.index = index
      var projection = Projection(weight: weight, bias: bias)
      projection.rounding = .each
      return projection
    }
    let fused = projection("gate_up_proj", from: hidden, to: 2 * inner)
    func every(_ start: Int) -> Projection {
      fused.taking(OutputSelection(runs: [.init(start: start, count: inner, step: 2)]))
    }
    return .gated(
      gate: every(0), up: every(1), down: projection("down_proj", from: inner, to: hidden),
      gating: gating)
  }
}

extension RotaryEmbedding {
  /// Reads the rotary keys; without any object of them, the context is scaled as the first models'
  /// is.
  fileprivate init(scaledUnlessGiven configuration: Configuration, sizes: DecoderSizes) throws {
    let defaults = RotaryDefaults(theta: 150_000)
    let given =
      try configuration.section("rope_parameters") ?? configuration.section("rope_scaling")
    guard given == nil else {
      try self.init(
        from: configuration, headSize: sizes.headSize, contextLength: sizes.contextLength,
        defaults: defaults)
      return
    }
    let theta = try configuration.optionalPositive("rope_theta")
    try self.init(
      options: Configuration([
        "rope_type": .text("yarn"), "factor": .number(32), "truncate": .flag(false),
        "original_max_position_embeddings": .integer(4096),
      ]),
      of: configuration, headSize: sizes.headSize, contextLength: sizes.contextLength,
      defaults: RotaryDefaults(theta: theta ?? defaults.theta))
  }
}
