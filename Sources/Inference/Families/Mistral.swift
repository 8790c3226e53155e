// SPDX-License-Identifier: Apache-2.0

extension Family {
  /// Mistral: LLaMA's layer with a sliding window in every layer.
  static let mistral = Family(modelTypes: ["mistral"]) { configuration, names in
    var layout = try LlamaLayout(
      from: configuration, names: names,
      sizes: DecoderSizes(
        from: configuration, defaultContextLength: 131_072, defaultKeyValueHeadCount: 8))
    try layout.readWindow(from: configuration, default: 4096)
    return layout.architecture
  }

  /// Mixtral: Mistral's layer with experts, of which each position uses a few.
  static let mixtral = Family(modelTypes: ["mixtral"]) { configuration, names in
    var layout = try LlamaLayout(
      from: configuration, names: names,
      sizes: DecoderSizes(
        from: configuration, defaultContextLength: 131_072, defaultKeyValueHeadCount: 8),
      epsilon: 1e-5, rotary: RotaryDefaults(theta: 1e6))
    try layout.readWindow(from: configuration, default: nil)
    let counts = try ExpertCounts(
      from: configuration, keys: ["num_local_experts", "num_experts"], default: 8,
      defaultChosen: 2, layerCount: layout.sizes.layerCount)
    var architecture = layout.architecture
    for index in architecture.layers.indices {
      let name = "model.layers.\(index).block_sparse_moe"
      let (hidden, inner) = (layout.sizes.hidden, layout.sizes.intermediate)
      architecture.layers[index].feedForward = .sparse(
        Experts(
          router: Router(
            projection: Projection("\(name).gate", from: hidden, to: counts.all),
            scores: .softmax, chosenCount: counts.chosen, normalizes: true),
          experts: (0..<counts.all).map { expert in
            let name = "\(name).experts.\(expert)"
            return .gated(
              gate: Projection("\(name).w1", from: hidden, to: inner),
              up: Projection("\(name).w3", from: hidden, to: inner),
              down: Projection("\(name).w2", from: inner, to: hidden),
              gating: layout.gating)
          }))
    }
    return architecture
  }
}
