// SPDX-License-Identifier: Apache-2.0

/// The sizes on which the order of rows depends.
struct GGUFSizes {
  var hidden: Int
  var heads: Int
  var keyHeads: Int
  var headSize: Int

  /// - Throws: ``GGUFError`` where a size is missing or does not divide as it must.
  init(_ keys: GGUFArchitectureKeys) throws {
    hidden = try keys.requiredCount("embedding_length")
    heads = try keys.requiredCount("attention.head_count")
    keyHeads = try keys.count("attention.head_count_kv") ?? heads
    guard heads % keyHeads == 0 else {
      throw keys.wrong(
        "attention.head_count_kv", expected: "a divisor of \(heads)", found: "\(keyHeads)")
    }
    if let size = try keys.count("attention.key_length") {
      headSize = size
    } else {
      guard hidden % heads == 0 else {
        throw keys.wrong(
          "attention.head_count", expected: "a divisor of \(hidden)", found: "\(heads)")
      }
      headSize = hidden / heads
    }
    if let values = try keys.count("attention.value_length"), values != headSize {
      throw keys.wrong("attention.value_length", expected: "\(headSize)", found: "\(values)")
    }
  }

  /// - Throws: ``GGUFWritingError`` where a size is missing or does not divide as it must.
  init(_ configuration: GGUFCheckpointConfiguration, family: GGUFFamily) throws {
    func count(_ key: String) throws -> Int? {
      for case .count(key, let name, _, let missing) in family.settings {
        return try configuration.count(name, missing: missing)
      }
      return nil
    }
    hidden = try count("embedding_length") ?? 0
    heads = try count("attention.head_count") ?? 0
    keyHeads = try count("attention.head_count_kv") ?? heads
    for case .falconKeyHeads(_, let name) in family.settings {
      let isGrouped = try configuration.flag("new_decoder_architecture") ?? false
      let sharesOneHead = try configuration.flag("multi_query") ?? true
      keyHeads =
        isGrouped ? try configuration.count(name) ?? heads : sharesOneHead ? 1 : heads
    }
    var size: Int?
    for case .headSize(let name, let missing) in family.settings {
      size = try configuration.count(name) ?? missing
    }
    guard hidden > 0, heads > 0, keyHeads > 0, heads % keyHeads == 0 else {
      throw GGUFWritingError.wrongValue(
        key: "num_key_value_heads", expected: "a divisor of the \(heads) heads",
        found: "\(keyHeads)")
    }
    guard size != nil || hidden % heads == 0, size ?? 1 > 0 else {
      throw GGUFWritingError.wrongValue(
        key: "hidden_size", expected: "a multiple of the \(heads) heads", found: "\(hidden)")
    }
    headSize = size ?? hidden / heads
  }
}
