// SPDX-License-Identifier: Apache-2.0

/// A tensor's name in a GGUF file, taken apart: `blk.7.attn_q.weight` is module `blk.#.attn_q` of
/// layer 7, and its `weight`.
struct GGUFTensorName {
  /// The module, with `#` for the layer.
  let pattern: String
  private let layer: Substring?
  private let suffix: String

  private static let layerPrefix = "blk."
  private static let suffixes = [".weight", ".bias"]

  init(_ name: String) {
    let suffix = Self.suffixes.first(where: name.hasSuffix) ?? ""
    let module = name.dropLast(suffix.count)
    self.suffix = suffix
    guard module.hasPrefix(Self.layerPrefix) else {
      pattern = String(module)
      layer = nil
      return
    }
    let rest = module.dropFirst(Self.layerPrefix.count)
    let layer = rest.prefix { $0 != "." }
    // No other spelling of a number may lead to the same name.
    guard let number = Int(layer), "\(number)" == layer, number >= 0 else {
      pattern = String(module)
      self.layer = nil
      return
    }
    self.layer = layer
    pattern = Self.layerPrefix + "#" + rest.dropFirst(layer.count)
  }

  /// The name that a checkpoint gives, from that of a module with `#` for the layer.
  ///
  /// - Parameter isComplete: whether the module's name has its ending already.
  func fill(_ module: String, isComplete: Bool = false) -> String {
    module.replacingFirst("#", with: String(layer ?? "#")) + (isComplete ? "" : suffix)
  }

  /// The whole name, with `#` for the layer.
  var completePattern: String { pattern + suffix }
}

extension String {
  /// The text with the first occurrence of a character replaced.
  func replacingFirst(_ character: Character, with text: String) -> String {
    guard let place = firstIndex(of: character) else { return self }
    return self[..<place] + text + self[index(after: place)...]
  }
}
