// SPDX-License-Identifier: Apache-2.0

extension Family {
  /// StableLM 2 and the first 3B: LLaMA's layer with layer norms and partly rotated heads.
  static let stableLM = Family(modelTypes: ["stablelm"]) { configuration, names in
    var layout = try LlamaLayout(
      from: configuration, names: names,
      sizes: DecoderSizes(
        from: configuration, defaultContextLength: 4096, defaultKeyValueHeadCount: 32),
      rotary: RotaryDefaults(fraction: 0.25))
    let epsilon = try configuration.optionalPositive("layer_norm_eps") ?? 1e-5
    layout.normStyle = .layer(epsilon: epsilon)
    layout.attentionInputBias = try configuration.flag("use_qkv_bias", default: false)
    let normalizesHeads = try configuration.flag("qk_layernorm", default: false)
    let isParallel = try configuration.flag("use_parallel_residual", default: false)

    let sizes = layout.sizes
    // A norm for each head is a tensor for each, of which a hostile file may ask for too many.
    guard !normalizesHeads || sizes.headCount * sizes.layerCount <= 1 << 17 else {
      throw configuration.invalid(
        "num_attention_heads", expected: "at most \((1 << 17) / sizes.layerCount) with norms")
    }
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
