// SPDX-License-Identifier: Apache-2.0

extension Family {
  /// OLMo 2: LLaMA's layer with the norms after each part, and queries and keys normalized as rows.
  static let olmo2 = Family(modelTypes: ["olmo2"]) { configuration, names in
    var layout = try LlamaLayout(
      from: configuration, names: names,
      sizes: DecoderSizes(from: configuration, defaultContextLength: 2048), epsilon: 1e-5,
      normRounding: .afterWeight)
    try layout.readAttentionBias(from: configuration)
    layout.normPlaces = .after
    layout.queryKeyNorms = .row
    layout.position.rounding = .once
    return layout.architecture
  }
}
