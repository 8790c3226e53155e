// SPDX-License-Identifier: Apache-2.0

extension Family {
  /// StableLM 2 and the first 3B: LLaMA's layer with layer norms and partly rotated heads.
  static let stableLM = Family(modelTypes: ["stablelm"]) { configuration, _ in
    var layout = try LlamaLayout(
      from: configuration,
      sizes: DecoderSizes(
        from: configuration, defaultContextLength: 4096, defaultKeyValueHeadCount: 32),
      rotary: RotaryDefaults(fraction: 0.25))
    let epsilon = try configuration.optionalPositive("layer_norm_eps") ?? 1e-5
    layout.normStyle = .layer(epsilon: epsilon)
    layout.attentionInputBias = try configuration.optional("use_qkv_bias") ?? false
    let normalizesHeads: Bool = try configuration.optional("qk_layernorm") ?? false
    let isParallel: Bool = try configuration.optional("use_parallel_residual") ?? false

    let sizes = layout.sizes
    var architecture = layout.architecture
    for index in architecture.layers.indices {
      let name = "model.layers.\(index).self_attn"
      func norms(_ module: String, heads: Int) -> HeadNorms {
        let style = NormStyle.layer(epsilon: epsilon, bias: false)
        return .own(
          (0..<heads).map { style.norm("\(name).\(module).norms.\($0)", size: sizes.headSize) })
      }
      if normalizesHeads {
        architecture.layers[index].attention.norms = QueryKeyNorms(
          query: norms("q_layernorm", heads: sizes.headCount),
          key: norms("k_layernorm", heads: sizes.keyValueHeadCount))
      }
      if isParallel {
        architecture.layers[index].order = .parallel
        architecture.layers[index].feedForwardNorms =
          architecture.layers[index].attentionNorms
      }
    }
    return architecture
  }
}
