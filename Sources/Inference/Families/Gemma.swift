// SPDX-License-Identifier: Apache-2.0

extension Family {
  /// Gemma: LLaMA's layer with norms stored less one, scaled embeddings and a gate of GELU.
  static let gemma = Family(modelTypes: ["gemma"]) { configuration, names in
    var layout = try LlamaLayout(
      from: configuration, names: names,
      sizes: DecoderSizes(
        from: configuration, defaultContextLength: 8192, defaultKeyValueHeadCount: 16,
        defaultHeadSize: 256),
      offset: 1, normRounding: .afterWeight, tied: true,
      activation: ("hidden_act", "gelu_pytorch_tanh"))
    // `gelu` is what the first files said and not what they meant; a later key said it right.
    configuration.ignore("hidden_activation")
    if case .product(.gelu) = layout.gating { layout.gating = .product(.geluTanh) }
    try layout.readAttentionBias(from: configuration)
    return layout.scaledArchitecture
  }

  /// Gemma 2: norms around both parts, capped logits, a sliding window in every other layer.
  static let gemma2 = Family(modelTypes: ["gemma2"]) { configuration, names in
    var layout = try LlamaLayout(
      from: configuration, names: names,
      sizes: DecoderSizes(
        from: configuration, defaultContextLength: 8192, defaultKeyValueHeadCount: 4,
        defaultHeadSize: 256),
      offset: 1, normRounding: .afterWeight, tied: true,
      activation: ("hidden_activation", "gelu_pytorch_tanh"))
    configuration.ignore("hidden_act", "sliding_window_size")
    try layout.readAttentionBias(from: configuration)
    layout.normPlaces = .around
    try layout.readAlternatingWindows(from: configuration, default: 4096) { $0 % 2 == 0 }
    var architecture = layout.scaledArchitecture
    try architecture.readScores(from: configuration, defaultCaps: (attention: 50, head: 30))
    return architecture
  }
}

extension LlamaLayout {
  /// The architecture with embeddings multiplied by the square root of their width.
  var scaledArchitecture: Architecture {
    var architecture = architecture
    architecture.embedding.scale = Float(sizes.hidden).squareRoot()
    return architecture
  }
}

extension Architecture {
  /// Reads what the products of queries and keys are divided by, and the caps on scores and logits.
  ///
  /// - Parameter defaultCaps: for absent keys; null means no cap.
  mutating func readScores(
    from configuration: Configuration, defaultCaps: (attention: Double?, head: Double?)
  ) throws {
    let divisor = try configuration.optionalPositive("query_pre_attn_scalar") ?? 256
    let cap = try configuration.switchable(
      "attn_logit_softcapping", default: defaultCaps.attention)
    for index in layers.indices {
      layers[index].attention.scale = Float(1 / divisor.squareRoot())
      layers[index].attention.softCap = cap.map { Float($0) }
    }
    head.softCap = try configuration.switchable(
      "final_logit_softcapping", default: defaultCaps.head
    ).map { Float($0) }
  }
}
