// SPDX-License-Identifier: Apache-2.0

import Foundation

extension Family {
  /// DeepSeek V3 and R1: LLaMA's layer with attention through narrow states, and, after a few dense
  /// layers, experts chosen within the best groups beside one that every position uses.
  static let deepSeekV3 = Family(modelTypes: ["deepseek_v3"]) { configuration, names in
    let rotarySize = try configuration.optionalCount("qk_rope_head_dim", limit: 1 << 16) ?? 64
    let sizes = try DecoderSizes(
      from: configuration, defaultContextLength: 4096, defaultHeadSize: rotarySize)
    guard sizes.keyValueHeadCount == sizes.headCount else {
      throw configuration.unsupported("num_key_value_heads")
    }
    let position = try RotaryEmbedding(
      from: configuration, headSize: rotarySize, contextLength: sizes.contextLength)
    let layout = try LlamaLayout(
      from: configuration, names: names, sizes: sizes, position: position)
    let attention = try LatentAttentionOptions(
      from: configuration, sizes: sizes, position: position)
    let experts = try DeepSeekExpertOptions(
      from: configuration, layerCount: sizes.layerCount)
    let denseCount: Int = try configuration.optional("first_k_dense_replace") ?? 3
    let guessingCount: Int = try configuration.optional("num_nextn_predict_layers") ?? 1
    // What follows from other keys, and training.
    configuration.ignore("qk_head_dim", "aux_loss_alpha", "ep_size", "seq_aux")
    try configuration.require("moe_layer_freq", toBe: 1)
    try configuration.require("scoring_func", in: ["sigmoid"])
    try configuration.require("topk_method", in: ["noaux_tc"])

    var architecture = layout.architecture
    for index in architecture.layers.indices {
      let name = "model.layers.\(index)"
      architecture.layers[index].attention = attention.attention("\(name).self_attn", of: sizes)
      if index >= denseCount {
        architecture.layers[index].feedForward = .sparse(
          experts.experts("\(name).mlp", of: layout))
      }
    }
    // Layers behind the last only guess tokens ahead.
    architecture.ownership.unusedPrefixes = (0..<min(max(guessingCount, 0), 100)).map {
      "model.layers.\(sizes.layerCount + $0)."
    }
    return architecture
  }
}

/// Attention through narrow states.
private struct LatentAttentionOptions {
  var position: RotaryEmbedding
  /// The numbers of a query or key head that are not rotated.
  var plainSize: Int
  var valueSize: Int
  var keyRank: Int
  /// Nil where queries come from the hidden state.
  var queryRank: Int?
  var hasBias: Bool
  /// Whether the pairs to rotate are stored as neighbours.
  var isInterleaved: Bool
  var scale: Float

  init(
    from configuration: Configuration, sizes: DecoderSizes, position: RotaryEmbedding
  ) throws {
    self.position = position
    plainSize = try configuration.optionalCount("qk_nope_head_dim", limit: 1 << 12) ?? 128
    valueSize = try configuration.optionalCount("v_head_dim", limit: 1 << 12) ?? 128
    keyRank = try configuration.optionalCount("kv_lora_rank") ?? 512
    let rank = try configuration.optionalCount("q_lora_rank")
    queryRank = configuration.lacks("q_lora_rank") ? 1536 : rank
    hasBias = try configuration.flag("attention_bias", default: false)
    isInterleaved = try configuration.flag("rope_interleave", default: true)
    scale = Float(
      try Self.stretch(of: configuration) / Double(plainSize + position.size).squareRoot())
  }

  /// What scores are multiplied with where the context is stretched.
  private static func stretch(of configuration: Configuration) throws -> Double {
    guard
      let options = try configuration.section("rope_scaling")
        ?? configuration.section("rope_parameters"),
      let weight = try options.optionalFinite("mscale_all_dim"), weight != 0
    else { return 1 }
    let factor = try options.positive("factor")
    guard factor > 1 else { return 1 }
    let amplitude = 0.1 * weight * log(factor) + 1
    return amplitude * amplitude
  }

  /// The rotated part of a head, which is stored from `start` on, with its pairs as halves.
  private func rotated(from start: Int) -> [OutputSelection.Run] {
    guard isInterleaved else { return [.init(start: start, count: position.size)] }
    return [start, start + 1].map { .init(start: $0, count: position.size / 2, step: 2) }
  }

  func attention(_ name: String, of sizes: DecoderSizes) -> Attention {
    let (hidden, heads) = (sizes.hidden, sizes.headCount)
    let headSize = plainSize + position.size
    let query = Projection(
      "\(name).\(queryRank == nil ? "q_proj" : "q_b_proj")", from: queryRank ?? hidden,
      to: heads * headSize)
    let narrow = Projection(
      "\(name).kv_a_proj_with_mqa", from: hidden, to: keyRank + position.size, bias: hasBias)
    let wide = Projection(
      "\(name).kv_b_proj", from: keyRank, to: heads * (plainSize + valueSize))
    func part(from start: Int, count: Int) -> Projection {
      wide.taking(
        .run(from: start, count: count, repetitions: heads, distance: plainSize + valueSize))
    }
    // These norms keep their class's own epsilon, whatever the file says of the others'.
    let style = NormStyle.rootMeanSquare(epsilon: 1e-6)
    return Attention(
      input: .latent(
        LatentInput(
          queryLatent: queryRank.map {
            Latent(
              projection: Projection("\(name).q_a_proj", from: hidden, to: $0, bias: hasBias),
              norm: style.norm("\(name).q_a_layernorm", size: $0))
          },
          query: query.taking(
            OutputSelection(
              runs: rotated(from: plainSize) + [.init(start: 0, count: plainSize)],
              repetitions: heads, distance: headSize)),
          latent: Latent(
            projection: narrow.taking(.run(from: 0, count: keyRank)),
            norm: style.norm("\(name).kv_a_layernorm", size: keyRank)),
          key: part(from: 0, count: plainSize),
          value: part(from: plainSize, count: valueSize),
          sharedKey: narrow.taking(OutputSelection(runs: rotated(from: keyRank))))),
      output: Projection("\(name).o_proj", from: heads * valueSize, to: hidden, bias: hasBias),
      headCount: heads, keyValueHeadCount: heads, headSize: headSize, valueSize: valueSize,
      scale: scale, position: .rotary(position))
  }
}

/// How experts are chosen.
private struct DeepSeekExpertOptions {
  var counts: ExpertCounts
  var groups: ExpertGroups
  var inner: Int
  var sharedCount: Int
  var normalizes: Bool
  var scale: Double

  init(from configuration: Configuration, layerCount: Int) throws {
    counts = try ExpertCounts(
      from: configuration, keys: ["n_routed_experts", "num_local_experts"], default: 256,
      defaultChosen: 8, layerCount: layerCount)
    groups = ExpertGroups(
      count: try configuration.optionalCount("n_group", limit: 1 << 16) ?? 8,
      kept: try configuration.optionalCount("topk_group", limit: 1 << 16) ?? 4)
    inner = try configuration.optionalCount("moe_intermediate_size") ?? 2048
    sharedCount = try configuration.optionalCount("n_shared_experts", limit: 16) ?? 1
    normalizes = try configuration.flag("norm_topk_prob", default: true)
    scale = try configuration.optionalFinite("routed_scaling_factor") ?? 2.5
    guard counts.all % groups.count == 0, counts.all / groups.count >= 2 else {
      throw configuration.invalid(
        "n_group", expected: "such that \(counts.all) experts make equal groups of at least 2")
    }
    let reachable = groups.kept * (counts.all / groups.count)
    guard groups.kept <= groups.count, counts.chosen <= reachable else {
      throw configuration.invalid(
        "topk_group",
        expected: "at most n_group (\(groups.count)), with \(counts.chosen) experts to choose from")
    }
  }

  func experts(_ name: String, of layout: LlamaLayout) -> Experts {
    var router = Projection("\(name).gate", from: layout.sizes.hidden, to: counts.all)
    router.rounding = .never
    var correction = TensorReference(
      name: "\(name).gate.e_score_correction_bias", shape: [counts.all])
    correction.keepsPrecision = true
    return Experts(
      router: Router(
        projection: router, scores: .sigmoid, correction: correction,
        groups: groups, chosenCount: counts.chosen, normalizes: normalizes,
        scale: Float(scale)),
      experts: (0..<counts.all).map {
        layout.feedForward("\(name).experts.\($0)", inner: inner)
      },
      shared: layout.feedForward("\(name).shared_experts", inner: inner * sharedCount))
  }
}
