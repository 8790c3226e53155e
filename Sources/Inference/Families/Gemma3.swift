// SPDX-License-Identifier: Apache-2.0

extension Family {
  /// The text part of Gemma 3: as Gemma 2, with norms of query and key heads, no caps, and two
  /// rotary bases, one for layers with a window and one for those without.
  static let gemma3 = Family(modelTypes: ["gemma3_text", "gemma3"]) { configuration, names in
    // A file for text and images has the text's keys in an object of their own.
    guard let text = try configuration.section("text_config") else {
      return try gemma3Text(configuration, names, base: "model.")
    }
    configuration.ignore(
      "vision_config", "boi_token_index", "eoi_token_index", "image_token_index",
      "mm_tokens_per_image")
    try configuration.require("tie_word_embeddings", toBe: true)
    try text.require("model_type", toBe: "gemma3_text")
    text.ignoreInertKeys()
    return try gemma3Text(
      text, names,
      base: names.prefix(
        of: "embed_tokens.weight",
        among: ["language_model.model.", "model.language_model.", "model."]))
  }

  @Sendable private static func gemma3Text(
    _ configuration: Configuration, _ names: StoredNames, base: String
  ) throws -> Architecture {
    let sizes = try DecoderSizes(
      from: configuration, defaultContextLength: 131_072, defaultKeyValueHeadCount: 4,
      defaultHeadSize: 256)
    let positions = try Positions(from: configuration, sizes: sizes)
    var layout = try LlamaLayout(
      from: configuration, names: names, sizes: sizes, offset: 1, normRounding: .afterWeight,
      tied: true,
      activation: ("hidden_activation", "gelu_pytorch_tanh"), position: positions.full)
    layout.base = base
    configuration.ignore("hidden_act")
    try layout.readAttentionBias(from: configuration)
    layout.normPlaces = .around
    layout.queryKeyNorms = .head
    let period = try configuration.optionalCount("sliding_window_pattern") ?? 6
    let slides = try layout.readAlternatingWindows(from: configuration, default: 4096) {
      ($0 + 1) % period != 0
    }
    var architecture = layout.scaledArchitecture
    for (index, slides) in slides.enumerated() where slides {
      architecture.layers[index].attention.position = .rotary(positions.sliding)
    }
    try architecture.readScores(from: configuration, defaultCaps: (attention: nil, head: nil))
    return architecture
  }

  /// The positions of layers without and with a window.
  private struct Positions {
    var full: RotaryEmbedding
    var sliding: RotaryEmbedding

    /// Reads both layouts of the keys: one object for each kind of layer, or a base for each beside
    /// a scaling that the layers without a window have.
    init(from configuration: Configuration, sizes: DecoderSizes) throws {
      func embedding(_ options: Configuration?, theta: Double) throws -> RotaryEmbedding {
        try RotaryEmbedding(
          options: options, of: configuration, headSize: sizes.headSize,
          contextLength: sizes.contextLength, defaults: RotaryDefaults(theta: theta))
      }
      let parameters = try configuration.section("rope_parameters")
      let scaling = try configuration.section("rope_scaling")
      let theta = try configuration.optionalPositive("rope_theta") ?? 1_000_000
      let local = try configuration.optionalPositive("rope_local_base_freq") ?? 10_000
      full = try embedding(scaling ?? parameters?.section("full_attention"), theta: theta)
      sliding = try embedding(parameters?.section("sliding_attention"), theta: local)
    }
  }
}
