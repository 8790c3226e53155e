// SPDX-License-Identifier: Apache-2.0

/// The sizes that every family has.
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

  /// Numbers per row of all query heads.
  var querySize: Int { headCount * headSize }
  /// Numbers per row of all key heads.
  var keySize: Int { keyValueHeadCount * headSize }

  /// What keeps products of queries and keys near the size of one number.
  var scale: Float { Float(1 / Double(headSize).squareRoot()) }

  /// Reads and checks the sizes under the key names that most families share.
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
      headSize = try configuration.headSize(of: hidden, "hidden_size", headCount: headCount)
    }
    // Matrix sizes are 32-bit integers where the products are computed.
    guard headCount * headSize <= 1 << 28 else {
      throw configuration.invalid("head_dim", expected: "at most \((1 << 28) / headCount)")
    }
    contextLength =
      try configuration.optionalCount("max_position_embeddings") ?? defaultContextLength
  }

  /// The sizes of a family with key names of its own, of which each head is an equal part of the
  /// hidden state.
  ///
  /// - Throws: ``InferenceError`` where a size is missing or doesn't divide as it must.
  init(
    from configuration: Configuration, keys: Keys, intermediate: (_ hidden: Int) throws -> Int,
    defaultContextLength: Int
  ) throws {
    vocabulary = try configuration.count("vocab_size")
    hidden = try configuration.count(keys.hidden)
    layerCount = try configuration.count(keys.layerCount, limit: 10_000)
    headCount = try configuration.count(keys.headCount, limit: 1 << 16)
    keyValueHeadCount = headCount
    headSize = try configuration.headSize(
      of: hidden, keys.hidden[0], headCount: headCount)
    self.intermediate = try intermediate(hidden)
    contextLength =
      try configuration.optionalCount(keys.contextLength) ?? defaultContextLength
  }

  /// What a family calls its sizes; where there are several names, the first in the file counts.
  struct Keys {
    var hidden = ["hidden_size"]
    var layerCount = ["num_hidden_layers"]
    var headCount = ["num_attention_heads"]
    var contextLength = "max_position_embeddings"
  }
}

extension Configuration {
  /// An equal part of the hidden state for each head.
  fileprivate func headSize(of hidden: Int, _ key: String, headCount: Int) throws -> Int {
    guard hidden % headCount == 0 else {
      throw invalid(key, expected: "a multiple of num_attention_heads (\(headCount))")
    }
    return hidden / headCount
  }
}
