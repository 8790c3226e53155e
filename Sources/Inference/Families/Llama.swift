// SPDX-License-Identifier: Apache-2.0

extension Family {
  /// LLaMA 1 to 3 and the many checkpoints that say `model_type: llama`.
  ///
  /// Here and in the other families, defaults for absent keys are those of the reference
  /// implementation; the sizes that no default can guess are required.
  static let llama = Family(modelTypes: ["llama"]) { configuration, names in
    var layout = try LlamaLayout(
      from: configuration, names: names,
      sizes: DecoderSizes(from: configuration, defaultContextLength: 2048))
    try layout.readAttentionBias(from: configuration)
    layout.feedForwardBias = try configuration.flag("mlp_bias", default: false)
    return layout.architecture
  }
}
