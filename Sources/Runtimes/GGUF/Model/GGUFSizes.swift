// SPDX-License-Identifier: Apache-2.0

/// The sizes on which the order of rows depends.
struct GGUFSizes {
  var hidden: Int
  var heads: Int
  var keyHeads: Int
  var headSize: Int
  /// The sizes of attention through narrow states, of which ``headSize`` is the part that is rotated.
  var latent: Latent?

  struct Latent {
    /// The numbers of a state of which keys and values are made.
    var rank: Int
    /// The numbers of a head that are not rotated.
    var plainSize: Int
    var valueSize: Int
  }

  /// - Throws: ``GGUFError`` where a size is missing or does not divide as it must.
  init(_ keys: GGUFArchitectureKeys) throws {
    hidden = try keys.requiredCount("embedding_length")
    heads = try keys.requiredCount("attention.head_count")
    keyHeads = try keys.count("attention.head_count_kv") ?? heads
    if let size = try keys.count("attention.key_length_mla") {
      headSize = try keys.requiredCount("rope.dimension_count")
      guard size > headSize else {
        throw keys.wrong(
          "attention.key_length_mla", expected: "more than \(headSize)", found: "\(size)")
      }
      keyHeads = heads
      latent = Latent(
        rank: try keys.requiredCount("attention.kv_lora_rank"), plainSize: size - headSize,
        valueSize: try keys.requiredCount("attention.value_length_mla"))
      return
    }
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
    if family.settings.contains(where: { if case .latentHeads = $0 { true } else { false } }) {
      headSize = try configuration.count("qk_rope_head_dim") ?? 64
      latent = Latent(
        rank: try configuration.count("kv_lora_rank") ?? 512,
        plainSize: try configuration.count("qk_nope_head_dim") ?? 128,
        valueSize: try configuration.count("v_head_dim") ?? 128)
      return
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
