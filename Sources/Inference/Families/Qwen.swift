// SPDX-License-Identifier: Apache-2.0

extension Family {
  /// Qwen 2 and 2.5: LLaMA's layer with biases for queries, keys and values.
  static let qwen2 = Family(modelTypes: ["qwen2"]) { configuration in
    var layout = try LlamaLayout(
      from: configuration,
      sizes: DecoderSizes(
        from: configuration, defaultContextLength: 32_768, defaultKeyValueHeadCount: 32))
    layout.attentionInputBias = true
    layout.windows = try windows(from: configuration, layerCount: layout.sizes.layerCount)
    return layout.architecture
  }

  /// Qwen 3: LLaMA's layer with a norm for each query and key head.
  static let qwen3 = Family(modelTypes: ["qwen3"]) { configuration in
    var layout = try LlamaLayout(
      from: configuration,
      sizes: DecoderSizes(
        from: configuration, defaultContextLength: 32_768, defaultKeyValueHeadCount: 32,
        defaultHeadSize: 128))
    layout.attentionInputBias = try configuration.optional("attention_bias") ?? false
    layout.attentionOutputBias = layout.attentionInputBias
    layout.normalizesHeads = true
    layout.windows = try windows(from: configuration, layerCount: layout.sizes.layerCount)
    return layout.architecture
  }

  /// The window of each layer: `layer_types` where given, else every layer from
  /// `max_window_layers` on; none unless `use_sliding_window` is set.
  @Sendable private static func windows(
    from configuration: Configuration, layerCount: Int
  ) throws -> [Int?]? {
    let used: Bool = try configuration.optional("use_sliding_window") ?? false
    let given = try configuration.optionalCount("sliding_window")
    let firstLayer: Int = try configuration.optional("max_window_layers") ?? 28
    let types: [String]? = try configuration.optional("layer_types")
    let window = configuration.lacks("sliding_window") ? 4096 : given

    if let types {
      guard types.count == layerCount else {
        throw configuration.invalid("layer_types", expected: "a list of \(layerCount) strings")
      }
      return try types.map { type in
        switch type {
        case "full_attention": return nil
        case "sliding_attention": return used ? window : nil
        default: throw configuration.unsupported("layer_types")
        }
      }
    }
    guard used, let window else { return nil }
    return (0..<layerCount).map { $0 >= firstLayer ? window : nil }
  }
}
