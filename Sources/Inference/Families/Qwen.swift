// SPDX-License-Identifier: Apache-2.0

extension Family {
  /// Qwen 2 and 2.5: LLaMA's layer with biases for queries, keys and values.
  static let qwen2 = Family(modelTypes: ["qwen2"]) { configuration, names in
    var layout = try LlamaLayout(
      from: configuration, names: names,
      sizes: DecoderSizes(
        from: configuration, defaultContextLength: 32_768, defaultKeyValueHeadCount: 32))
    layout.attentionInputBias = true
    try layout.readSwitchedWindows(from: configuration)
    return layout.architecture
  }

  /// Qwen 3: LLaMA's layer with a norm for each query and key head.
  static let qwen3 = Family(modelTypes: ["qwen3"]) { configuration, names in
    var layout = try LlamaLayout(
      from: configuration, names: names,
      sizes: DecoderSizes(
        from: configuration, defaultContextLength: 32_768, defaultKeyValueHeadCount: 32,
        defaultHeadSize: 128))
    try layout.readAttentionBias(from: configuration)
    layout.queryKeyNorms = .head
    try layout.readSwitchedWindows(from: configuration)
    return layout.architecture
  }

  /// Qwen 3 with experts, in all layers or some.
  static let qwen3Sparse = Family(modelTypes: ["qwen3_moe"]) { configuration, names in
    var layout = try LlamaLayout(
      from: configuration, names: names,
      sizes: DecoderSizes(
        from: configuration, defaultContextLength: 32_768, defaultKeyValueHeadCount: 4))
    try layout.readAttentionBias(from: configuration)
    layout.queryKeyNorms = .head
    // Here a window that is switched on counts for every layer.
    configuration.ignore("max_window_layers")
    let slides = try configuration.flag("use_sliding_window", default: false)
    try layout.readWindow(from: configuration, default: 4096)
    if !slides { layout.windows = nil }

    let counts = try ExpertCounts(
      from: configuration, keys: ["num_experts", "num_local_experts"], default: 128,
      defaultChosen: 8, layerCount: layout.sizes.layerCount)
    let inner = try configuration.optionalCount("moe_intermediate_size") ?? 768
    let normalizes = try configuration.flag("norm_topk_prob", default: false)
    let step = try configuration.optionalCount("decoder_sparse_step") ?? 1
    let dense = Set(try configuration.optional("mlp_only_layers") as [Int]? ?? [])
    var architecture = layout.architecture
    for index in architecture.layers.indices
    where (index + 1) % step == 0 && !dense.contains(index) {
      let name = "model.layers.\(index).mlp"
      architecture.layers[index].feedForward = .sparse(
        Experts(
          router: Router(
            projection: Projection("\(name).gate", from: layout.sizes.hidden, to: counts.all),
            scores: .softmax, chosenCount: counts.chosen, normalizes: normalizes,
            roundsWeights: true),
          experts: (0..<counts.all).map {
            layout.feedForward("\(name).experts.\($0)", inner: inner)
          }))
    }
    return architecture
  }
}

extension LlamaLayout {
  /// Reads the window of each layer: `layer_types` where given, else every layer from
  /// `max_window_layers` on; none unless `use_sliding_window` is set.
  fileprivate mutating func readSwitchedWindows(from configuration: Configuration) throws {
    let used = try configuration.flag("use_sliding_window", default: false)
    let firstLayer: Int = try configuration.optional("max_window_layers") ?? 28
    try readAlternatingWindows(from: configuration, default: 4096) { $0 >= firstLayer }
    if !used { windows = nil }
  }
}
