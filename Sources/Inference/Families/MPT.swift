// SPDX-License-Identifier: Apache-2.0

import Foundation

extension Family {
  /// MPT: layer norms without biases, fused projections that may be clipped, linear biases.
  ///
  /// The reference implementation leaves out `qk_ln` and `alibi_bias_max`; they are computed here
  /// as the model's authors do (llm-foundry, `attention.py`): queries and keys as rows, after
  /// clipping.
  static let mpt = Family(modelTypes: ["mpt"]) { configuration, names in
    let keys = DecoderSizes.Keys(
      hidden: ["d_model"], layerCount: ["n_layers"], headCount: ["n_heads"],
      contextLength: "max_seq_len")
    let sizes = try DecoderSizes(
      from: configuration, keys: keys, intermediate: { 4 * $0 }, defaultContextLength: 2048)
    let style = NormStyle.layer(
      epsilon: try configuration.optionalPositive("layer_norm_epsilon") ?? 1e-5, bias: false)
    let tied = try configuration.tiesHead(default: true, names: names)
    try configuration.require("norm_type", in: ["layernorm", "low_precision_layernorm"])
    // The reference implementation takes 4 whatever the ratio says, and no biases; stored ones would
    // be found as tensors without use. Positions are learned only
    // where there are no linear biases. The others are about training and running.
    configuration.ignore(
      "expansion_ratio", "no_bias", "learned_pos_emb", "embedding_fraction", "init_config",
      "init_device",
      "tokenizer_name", "verbose")
    let options = try MPTAttentionOptions(from: configuration, sizes: sizes)

    let (hidden, inner) = (sizes.hidden, sizes.intermediate)
    let layers = (0..<sizes.layerCount).map { index in
      let name = "transformer.blocks.\(index)"
      return Layer(
        attention: options.attention("\(name).attn", of: sizes, style: style),
        attentionNorms: BranchNorms(input: style.norm("\(name).norm_1", size: hidden)),
        feedForward: .plain(
          up: Projection("\(name).ffn.up_proj", from: hidden, to: inner),
          down: Projection("\(name).ffn.down_proj", from: inner, to: hidden), activation: .gelu),
        feedForwardNorms: BranchNorms(input: style.norm("\(name).norm_2", size: hidden)))
    }
    let tokens = TensorReference(
      name: "transformer.wte.weight", shape: [sizes.vocabulary, hidden])
    return Architecture(
      hiddenSize: hidden,
      embedding: Embedding(tokens: tokens),
      layers: layers,
      finalNorm: style.norm("transformer.norm_f", size: hidden),
      head: OutputHead(tied: tied, to: tokens),
      contextLength: sizes.contextLength,
      ownership: TensorOwnership(prefixes: ["transformer."], unusedSuffixes: []))
  }
}

/// What the object `attn_config` says.
private struct MPTAttentionOptions {
  var clip: Double?
  var scale: Double?
  var normalizes = false
  var slopes: [Float]

  init(from configuration: Configuration, sizes: DecoderSizes) throws {
    let options = try configuration.section("attn_config")
    clip = try options?.optionalFinite("clip_qkv")
    scale = try options?.optionalFinite("softmax_scale")
    normalizes = try options?.flag("qk_ln", default: false) ?? false
    try options?.require("alibi", toBe: true)
    try options?.require("attn_type", in: ["multihead_attention"])
    options?.ignore("attn_impl", "attn_pdrop", "model_type")
    options?.ignoreInertKeys()
    if clip == 0 { clip = nil }
    guard clip ?? 1 > 0 else {
      throw options?.invalid("clip_qkv", expected: "a number above 0")
        ?? InferenceError.missingKey("attn_config")
    }
    let largest = try options?.optionalPositive("alibi_bias_max") ?? 8
    slopes = Self.slopes(headCount: sizes.headCount, largestBias: largest)
  }

  /// Slopes that fall geometrically to `2 ** -largestBias`; where the number of heads is no power
  /// of two, every other slope of the next power first, from the second on, then those left out.
  private static func slopes(headCount: Int, largestBias: Double) -> [Float] {
    var whole = 1
    while whole < headCount { whole *= 2 }
    let step = Float(largestBias / Double(whole))
    let slopes = (1...whole).map { 1 / Float(exp2(Double(Float($0) * step))) }
    guard whole != headCount else { return slopes }
    let second = slopes.indices.filter { $0 % 2 == 1 }.map { slopes[$0] }
    let first = slopes.indices.filter { $0 % 2 == 0 }.map { slopes[$0] }
    return Array((second + first).prefix(headCount))
  }

  func attention(_ name: String, of sizes: DecoderSizes, style: NormStyle) -> Attention {
    var attention = sizes.attention(
      .concatenated(
        Projection("\(name).Wqkv", from: sizes.hidden, to: sizes.fusedSize), of: sizes),
      output: Projection("\(name).out_proj", from: sizes.hidden, to: sizes.hidden),
      position: .linearBias(LinearBias(slopes: slopes, countsFromEnd: true)))
    attention.clip = clip.map { Float($0) }
    if let scale { attention.scale = Float(scale) }
    attention.rounding = [.product, .scaled]
    if normalizes {
      attention.norms = QueryKeyNorms(
        query: .whole(style.norm("\(name).q_ln", size: sizes.hidden)),
        key: .whole(style.norm("\(name).k_ln", size: sizes.hidden)))
    }
    return attention
  }
}
