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
}
