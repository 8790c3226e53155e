// SPDX-License-Identifier: Apache-2.0

extension GGUFModelShape {
  /// The numbers as a file's metadata gives them.
  init(architecture: String, fields: [GGUFField]) {
    func count(_ key: String) -> Int? {
      let field = fields.first { $0.key == "\(architecture).\(key)" }
      if case .u32(let count)? = field?.value { return Int(count) }
      return nil
    }
    let heads = count("attention.head_count") ?? 0
    self.init(
      architecture: architecture, layerCount: count("block_count") ?? 0, headCount: heads,
      keyValueHeadCount: count("attention.head_count_kv") ?? heads,
      expertCount: count("expert_count") ?? 0)
  }
}
