// SPDX-License-Identifier: Apache-2.0

extension CTranslate2Decoder {
  /// The variables that say all this, by name.
  var scalars: [String: CTranslate2Scalar] {
    var scalars: [String: CTranslate2Scalar] = [
      "num_heads": .int16(headCount),
      "pre_norm": .flag(normalizesBefore),
      "activation": .int8(activation.rawValue),
      "alignment_layer": .int16(-1),
      "alignment_heads": .int16(1),
      "scale_embeddings": .flag(scalesEmbedding),
      "start_from_zero_embedding": .flag(false),
    ]
    var (isLinear, countsFromStart, isScaled) = (false, false, false)
    if case .linearBias(let fromStart, let scaled) = position {
      (isLinear, countsFromStart, isScaled) = (true, fromStart, scaled)
    }
    scalars["alibi"] = .flag(isLinear)
    scalars["alibi_use_positive_positions"] = .flag(countsFromStart)
    scalars["scale_alibi"] = .flag(isScaled)
    if scalesEmbedding {
      scalars["embeddings/multiply_by_sqrt_depth"] = .float(Float(hiddenSize).squareRoot())
    }
    if let finalCap { scalars["final_logit_softcapping"] = .float(finalCap) }
    if let window { scalars["sliding_window"] = .int32(window) }
    for (index, layer) in layers.enumerated() {
      for (name, scalar) in self.scalars(of: layer) { scalars["layer_\(index)/\(name)"] = scalar }
    }
    if norm == .rootMeanSquareLessOne {
      for name in normNames { scalars["\(name)/layer_norm_use_residual"] = .flag(true) }
    }
    return Dictionary(
      uniqueKeysWithValues: scalars.map { (CTranslate2.scope + $0.key, $0.value) })
  }

  private func scalars(of layer: Layer) -> [String: CTranslate2Scalar] {
    var scalars: [String: CTranslate2Scalar] = ["head_dim": .int32(headSize)]
    if keyValueHeadCount != headCount { scalars["num_heads_kv"] = .int32(keyValueHeadCount) }
    if let window = layer.window { scalars["sliding_window"] = .int32(window) }
    if let scale = layer.queryScale { scalars["queries_scale"] = .float(scale) }
    if case .rotary(let rotary) = position {
      scalars.merge((layer.rotary ?? rotary).scalars) { $1 }
    }
    return Dictionary(
      uniqueKeysWithValues: scalars.map { ("self_attention/\($0.key)", $0.value) })
  }

  /// The modules that are norms and have no bias.
  var normNames: [String] {
    let perLayer: [String]
    switch flow {
    case .sequential: perLayer = ["self_attention/layer_norm", "ffn/layer_norm"]
    case .sharedNorm: perLayer = ["shared_layer_norm"]
    case .parallel: perLayer = ["input_layer_norm", "post_attention_layer_norm"]
    case .surrounded:
      perLayer = [
        "input_layer_norm", "post_attention_layer_norm", "pre_feedforward_layer_norm",
        "post_feedforward_layer_norm",
      ]
    }
    let heads = normalizesHeads ? ["self_attention/q_norm", "self_attention/k_norm"] : []
    return ["layer_norm"]
      + layers.indices.flatMap { index in (perLayer + heads).map { "layer_\(index)/\($0)" } }
  }
}

extension CTranslate2Rotary {
  /// The variables of one layer's attention.
  fileprivate var scalars: [String: CTranslate2Scalar] {
    var scalars: [String: CTranslate2Scalar] = [
      "rotary_dim": .int32(size),
      // Pairs are halves of the rotated part, as in a checkpoint, not neighbours.
      "rotary_interleave": .flag(false),
      "rotary_base": .float(base),
    ]
    switch scaling {
    case .none:
      if let length {
        // Both alike, for the runtime amplifies by what they differ.
        scalars["original_max_position_embeddings"] = .int32(length)
        scalars["max_position_embeddings"] = .int32(length)
      }
    case .linear(let factor):
      scalars["rotary_scaling_type"] = .int8(0)
      scalars["rotary_scaling_factor"] = .float(factor)
    case .long(let shortFactors, let longFactors, let trainedLength, let length):
      scalars["rotary_scaling_type"] = .int8(1)
      scalars["rotary_scaling_short_factor"] = .floats(shortFactors)
      scalars["rotary_scaling_long_factor"] = .floats(longFactors)
      scalars["original_max_position_embeddings"] = .int32(trainedLength)
      scalars["max_position_embeddings"] = .int32(length)
    case .llama3(let factor, let lowFactor, let highFactor, let trainedLength):
      scalars["rotary_scaling_type"] = .int8(2)
      // CTranslate2's own converter leaves out this one and the last, and so undoes the scaling.
      scalars["rotary_scaling_factor"] = .float(factor)
      scalars["rotary_low_freq_factor"] = .float(lowFactor)
      scalars["rotary_high_freq_factor"] = .float(highFactor)
      scalars["original_max_position_embeddings"] = .int32(trainedLength)
    }
    return scalars
  }
}
