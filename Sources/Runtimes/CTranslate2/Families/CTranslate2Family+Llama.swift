// SPDX-License-Identifier: Apache-2.0

extension CTranslate2Family {
  /// LLaMA 1 to 3.
  static let llama = CTranslate2Family(
    "llama",
    modules: { _ in CTranslate2Module.llama },
    decoder: { keys in
      var decoder = try CTranslate2Decoder(llama: keys)
      decoder.activation = try .init(keys, "hidden_act", default: "silu")
      return decoder
    },
    configuration: { contents in
      guard contents.isLlama, contents.decoder.window == nil else { return nil }
      return contents.llama("llama") + contents.activation("hidden_act") + [
        contents.attentionBias,
        .init("mlp_bias", .flag(contents.hasBias("ffn/linear_1"))),
      ]
    })

  /// Mistral: LLaMA's layer with a window.
  static let mistral = CTranslate2Family(
    "mistral",
    modules: { _ in CTranslate2Module.llama },
    decoder: { keys in
      var decoder = try CTranslate2Decoder(
        llama: keys, sizes: .init(defaultKeyValueHeads: 8), length: 131_072)
      decoder.activation = try .init(keys, "hidden_act", default: "silu")
      try decoder.readWindow(keys, default: 4096)
      return decoder
    },
    notes: CTranslate2Family.windowNotes,
    configuration: { contents in
      guard contents.isLlama, contents.decoder.window != nil,
        !contents.hasBias("self_attention/linear_0"), !contents.hasBias("ffn/linear_1")
      else { return nil }
      return contents.llama("mistral") + contents.activation("hidden_act") + [contents.window]
    })

  /// Qwen 2 and 2.5: biases for queries, keys and values.
  static let qwen2 = CTranslate2Family(
    "qwen2",
    modules: { _ in CTranslate2Module.llama },
    decoder: { keys in
      var decoder = try CTranslate2Decoder(
        llama: keys, sizes: .init(defaultKeyValueHeads: 32), length: 32_768)
      decoder.activation = try .init(keys, "hidden_act", default: "silu")
      try decoder.readSwitchedWindows(keys)
      return decoder
    },
    configuration: { contents in
      guard contents.isLlama, contents.hasBias("self_attention/linear_0"),
        !contents.hasBias("self_attention/linear_1"), !contents.hasBias("ffn/linear_1")
      else { return nil }
      return contents.llama("qwen2") + contents.activation("hidden_act")
        + contents.switchedWindows
    })

  /// Qwen 3: a norm for each query and key head.
  static let qwen3 = CTranslate2Family(
    "qwen3",
    modules: { _ in CTranslate2Module.llama + CTranslate2Module.headNorms },
    decoder: { keys in
      var decoder = try CTranslate2Decoder(
        llama: keys, sizes: .init(defaultKeyValueHeads: 32, defaultHeadSize: 128), length: 32_768)
      decoder.activation = try .init(keys, "hidden_act", default: "silu")
      decoder.normalizesHeads = true
      decoder.rotateWholeHeads()
      try decoder.readSwitchedWindows(keys)
      return decoder
    },
    configuration: { contents in
      let decoder = contents.decoder
      guard decoder.isGated, decoder.norm == .rootMeanSquare, decoder.flow == .sequential,
        decoder.normalizesHeads, contents.rotatesAll, contents.hasPlainScores,
        decoder.finalCap == nil, !decoder.scalesEmbedding, !decoder.normalizesEmbedding,
        decoder.normalizesBefore
      else { return nil }
      return contents.llama("qwen3") + contents.activation("hidden_act")
        + [contents.attentionBias] + contents.switchedWindows
    })

  /// What the runtime makes of windows.
  @Sendable static func windowNotes(_ keys: CheckpointKeys) throws -> [String] {
    let hasWindow = try keys.count("sliding_window") != nil || keys.lacks("sliding_window")
    return hasWindow
      ? [
        "CTranslate2 lets prompts longer than the attention window look back up to twice as far"
      ] : []
  }
}

extension CTranslate2Decoder {
  /// What all families of LLaMA's kind have.
  init(
    llama keys: CheckpointKeys, sizes: SizeKeys = SizeKeys(),
    rotary: CTranslate2Rotary.Defaults = .init(), length: Int = 2048, epsilon: Double = 1e-6
  ) throws {
    try self.init(
      keys, sizes: sizes, activation: .swish, position: .rotary(CTranslate2Rotary()))
    var rotary = rotary
    rotary.length = length
    position = .rotary(try CTranslate2Rotary(keys, headSize: headSize, defaults: rotary))
    isGated = true
    norm = .rootMeanSquare
    self.epsilon = Float(try keys.positive("rms_norm_eps") ?? epsilon)
  }

  /// Says the size of heads where the runtime's own converter does.
  mutating func rotateWholeHeads() {
    guard case .rotary(var rotary) = position else { return }
    rotary.size = headSize
    position = .rotary(rotary)
  }

  /// Windows that are off unless `use_sliding_window` is set, and then on from `max_window_layers`.
  mutating func readSwitchedWindows(_ keys: CheckpointKeys) throws {
    guard try keys.flag("use_sliding_window", default: false) else { return }
    let first = try keys.number("max_window_layers") ?? 28
    try readWindows(keys, default: 4096) { Double($0) >= first }
  }
}

extension CTranslate2Contents {
  /// Whether it is LLaMA's layer and nothing else.
  var isLlama: Bool {
    decoder.isGated && decoder.norm == .rootMeanSquare && decoder.flow == .sequential
      && rotatesAll && isPlainBesideWindows && statedLength == nil
  }

  /// As ``isPlain``, whatever the windows are.
  private var isPlainBesideWindows: Bool {
    decoder.finalCap == nil && !decoder.normalizesEmbedding && !decoder.scalesEmbedding
      && !decoder.normalizesHeads && hasPlainScores && decoder.normalizesBefore
      && decoder.layers.allSatisfy { $0.rotary == nil }
  }

  /// The windows of families that switch them on.
  var switchedWindows: [Member] {
    let windows = decoder.layers.map { $0.window ?? 0 }
    guard let length = windows.max(), length > 0 else {
      return [.init("use_sliding_window", .flag(false)), .init("sliding_window", .null)]
    }
    return [
      .init("use_sliding_window", .flag(true)), .init("sliding_window", .integer(length)),
      .init(
        "layer_types",
        .list(windows.map { .text($0 > 0 ? "sliding_attention" : "full_attention") })),
    ]
  }
}
