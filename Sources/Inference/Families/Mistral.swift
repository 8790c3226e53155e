// SPDX-License-Identifier: Apache-2.0

extension Family {
  /// Mistral: LLaMA's layer with a sliding window in every layer.
  static let mistral = Family(modelTypes: ["mistral"]) { configuration in
    var layout = try LlamaLayout(
      from: configuration,
      sizes: DecoderSizes(
        from: configuration, defaultContextLength: 131_072, defaultKeyValueHeadCount: 8))
    let given = try configuration.optionalCount("sliding_window")
    let window = configuration.lacks("sliding_window") ? 4096 : given
    layout.windows = window.map { Array(repeating: $0, count: layout.sizes.layerCount) }
    return layout.architecture
  }
}
