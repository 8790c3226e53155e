// SPDX-License-Identifier: Apache-2.0

/// The GGUF names of a checkpoint's tensors, once they are arranged.
struct GGUFNames: Sendable {
  /// What a checkpoint's name is, taken apart: `model.layers.3.mlp.experts.7.up_proj.weight` is
  /// `model.layers.#.mlp.experts.@.up_proj` of layer 3 and expert 7, and its `weight`.
  struct Parts {
    var pattern: String
    var layer: String?
    var expert: Int?
    var suffix: String

    init(_ name: String) {
      suffix = [".weight", ".bias"].first(where: name.hasSuffix) ?? ""
      var words = name.dropLast(suffix.count).split(
        separator: ".", omittingEmptySubsequences: false)
      for index in words.indices {
        // No other spelling of a number may lead to the same name.
        guard let number = Int(words[index]), "\(number)" == words[index], number >= 0 else {
          continue
        }
        if layer == nil {
          layer = String(words[index])
          words[index] = "#"
        } else if expert == nil {
          expert = number
          words[index] = "@"
        }
      }
      pattern = words.joined(separator: ".")
    }
  }

  private let stored: [String: String]

  init(_ family: GGUFFamily) {
    stored = Dictionary(
      family.modules.map { ($0.arrangedName, $0.stored) }, uniquingKeysWith: { first, _ in first })
  }

  /// The name of an arranged tensor, or nil where the family has none such.
  func name(of arranged: String) -> String? {
    let parts = Parts(arranged)
    let (module, suffix) =
      if let module = stored[parts.pattern], !parts.suffix.isEmpty {
        (module, parts.suffix)
      } else {
        (stored[parts.pattern + parts.suffix] ?? "", "")
      }
    guard !module.isEmpty else { return nil }
    return module.replacingFirst("#", with: parts.layer ?? "#") + suffix
  }
}
