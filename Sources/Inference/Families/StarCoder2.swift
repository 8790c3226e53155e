// SPDX-License-Identifier: Apache-2.0

extension Family {
  /// StarCoder 2: LLaMA's attention with layer norms, biases and a plain feed-forward part.
  static let starCoder2 = Family(modelTypes: ["starcoder2"]) { configuration, names in
    var layout = try LlamaLayout(
      from: configuration, names: names,
      sizes: DecoderSizes(
        from: configuration, defaultContextLength: 4096, defaultKeyValueHeadCount: 2),
      tied: true)
    layout.normStyle = .layer(
      epsilon: try configuration.optionalPositive("norm_epsilon") ?? 1e-5)
    let bias = try configuration.flag("use_bias", default: true)
    layout.attentionInputBias = bias
    layout.attentionOutputBias = bias
    try layout.readWindow(from: configuration, default: nil)
    let activation = try Activation(
      configuration, key: "hidden_act", default: "gelu_pytorch_tanh")
    // Published files repeat settings of the model that this one grew out of.
    try configuration.require("activation_function", in: ["gelu_pytorch_tanh"])
    try configuration.require("mlp_type", in: ["default"])
    try configuration.require("norm_type", in: ["layer_norm"])
    try configuration.require("scale_attn_weights", toBe: true)
    configuration.ignore(
      "attention_softmax_in_fp32", "layer_norm_epsilon", "scale_attention_softmax_in_fp32")

    let (hidden, inner) = (layout.sizes.hidden, layout.sizes.intermediate)
    var architecture = layout.architecture
    for index in architecture.layers.indices {
      let name = "model.layers.\(index).mlp"
      architecture.layers[index].feedForward = .plain(
        up: Projection("\(name).c_fc", from: hidden, to: inner, bias: bias),
        down: Projection("\(name).c_proj", from: inner, to: hidden, bias: bias),
        activation: activation)
    }
    return architecture
  }
}
