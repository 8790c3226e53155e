// SPDX-License-Identifier: Apache-2.0

extension Family {
  /// Phi-3, 3.5 and 4: LLaMA's layer with fused projections, and often a long context.
  static let phi3 = Family(modelTypes: ["phi3"]) { configuration, names in
    var layout = try LlamaLayout(
      from: configuration, names: names,
      sizes: DecoderSizes(from: configuration, defaultContextLength: 4096),
      epsilon: 1e-5, rotary: RotaryDefaults(fraction: 1))
    try layout.readWindow(from: configuration, default: nil)
    // Both belong to code for block-sparse attention, which no published Phi-3 of this type has.
    try configuration.require("full_attn_mod", toBe: 1)
    try configuration.require("interpolate_factor", toBe: 1)

    let sizes = layout.sizes
    var architecture = layout.architecture
    for index in architecture.layers.indices {
      let name = "model.layers.\(index)"
      architecture.layers[index].attention.input = .concatenated(
        Projection("\(name).self_attn.qkv_proj", from: sizes.hidden, to: sizes.fusedSize),
        of: sizes)
      let inner = Projection(
        "\(name).mlp.gate_up_proj", from: sizes.hidden, to: 2 * sizes.intermediate)
      architecture.layers[index].feedForward = .gated(
        gate: inner.taking(.run(from: 0, count: sizes.intermediate)),
        up: inner.taking(.run(from: sizes.intermediate, count: sizes.intermediate)),
        down: Projection("\(name).mlp.down_proj", from: sizes.intermediate, to: sizes.hidden),
        gating: layout.gating)
    }
    return architecture
  }
}
