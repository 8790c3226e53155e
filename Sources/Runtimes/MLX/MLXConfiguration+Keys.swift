// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors

extension MLXConfiguration {
  /// Adds the keys that mlx-lm 0.32 reads and that a newer or an older Transformers leaves out; what is
  /// there stays.
  ///
  /// Without `rope_theta` and its companions mlx-lm would compute with defaults, without a word.
  static func complete(_ members: inout JSONMembers, of family: MLXFamily, isTied: Bool) {
    func add(_ key: String, _ value: String?) {
      if members[key] == nil || members[key] == "null" { members[key] = value ?? members[key] }
    }
    if let rotary = object(members["rope_parameters"]) {
      let global = object(rotary["full_attention"]) ?? rotary
      let local = object(rotary["sliding_attention"])
      add("rope_theta", global["rope_theta"])
      add("partial_rotary_factor", global["partial_rotary_factor"])
      add("rope_local_base_freq", local?["rope_theta"])
      add("rope_scaling", scaling(global))
    }
    if family.hasWindowRhythm, let pattern = pattern(members["layer_types"]) {
      add("sliding_window_pattern", "\(pattern)")
    }
    for key in family.keys { add(key.needed, members[key.known]) }
    if family.head == .either { members["tie_word_embeddings"] = "\(isTied)" }
  }

  /// What stands under `rope_scaling` for scaled rotary embeddings: the kind also by its older name.
  private static func scaling(_ rotary: JSONMembers) -> String? {
    guard let kind = rotary["rope_type"] ?? rotary["type"], kind != "\"default\"" else {
      return nil
    }
    var rotary = rotary
    rotary["type"] = kind
    return String(decoding: rotary.text, as: UTF8.self)
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// After how many layers a layer attends to all positions; nil where there is no such rhythm.
  private static func pattern(_ layers: String?) -> Int? {
    guard let layers,
      let kinds = try? JSONDecoder().decode([String].self, from: Data(layers.utf8)),
      kinds.contains("sliding_attention"), let first = kinds.firstIndex(of: "full_attention")
    else { return nil }
    let isRegular = kinds.indices.allSatisfy {
      (kinds[$0] == "full_attention") == (($0 + 1) % (first + 1) == 0)
    }
    return isRegular ? first + 1 : nil
  }

  private static func object(_ text: String?) -> JSONMembers? {
    text.flatMap { try? JSONMembers(Data($0.utf8)) }
  }
}
