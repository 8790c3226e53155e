// SPDX-License-Identifier: Apache-2.0

/// The sizes under the key names that most families share.
struct DecoderSizes {
  var vocabulary: Int
  var hidden: Int
  var intermediate: Int
  var layerCount: Int
  var headCount: Int
  var keyValueHeadCount: Int
  var headSize: Int
  /// The value of `max_position_embeddings`.
  var contextLength: Int

  /// Reads and checks the sizes.
  ///
  /// `num_key_value_heads` that is null means `num_attention_heads`, `head_dim` that is null means
  /// `hidden_size / num_attention_heads`; the defaults are what an absent key means, which is the
  /// same where they are nil.
  /// - Throws: ``InferenceError`` where a size is missing or doesn't divide as it must.
  init(
    from configuration: Configuration, defaultContextLength: Int,
    defaultKeyValueHeadCount: Int? = nil, defaultHeadSize: Int? = nil
  ) throws {
    vocabulary = try configuration.count("vocab_size")
    hidden = try configuration.count("hidden_size")
    intermediate = try configuration.count("intermediate_size")
    layerCount = try configuration.count("num_hidden_layers", limit: 10_000)
    headCount = try configuration.count("num_attention_heads", limit: 1 << 16)
    let keyValueHeadCount = try configuration.optionalCount("num_key_value_heads", limit: 1 << 16)
    let absentCount = configuration.lacks("num_key_value_heads") ? defaultKeyValueHeadCount : nil
    self.keyValueHeadCount = keyValueHeadCount ?? absentCount ?? headCount
    guard headCount % self.keyValueHeadCount == 0 else {
      throw configuration.invalid(
        "num_key_value_heads", expected: "a divisor of num_attention_heads (\(headCount))")
    }
    if let size = try configuration.optionalCount("head_dim", limit: 1 << 16) {
      headSize = size
    } else if configuration.lacks("head_dim"), let size = defaultHeadSize {
      headSize = size
    } else {
      guard hidden % headCount == 0 else {
        throw configuration.invalid(
          "hidden_size", expected: "a multiple of num_attention_heads (\(headCount))")
      }
      headSize = hidden / headCount
    }
    // Matrix sizes are 32-bit integers where the products are computed.
    guard headCount * headSize <= 1 << 28 else {
      throw configuration.invalid("head_dim", expected: "at most \((1 << 28) / headCount)")
    }
    contextLength =
      try configuration.optionalCount("max_position_embeddings") ?? defaultContextLength
  }
}

extension Activation {
  /// The activation that a key names.
  ///
  /// - Throws: ``InferenceError/unsupportedOption(key:value:)`` where it isn't implemented.
  init(_ configuration: Configuration, key: String, default: String) throws {
    let name: String = try configuration.optional(key) ?? `default`
    switch name {
    case "silu", "swish": self = .silu
    default: throw configuration.unsupported(key)
    }
  }
}
