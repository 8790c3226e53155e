// SPDX-License-Identifier: Apache-2.0

extension LlamaLayout {
  /// Reads `sliding_window`, which counts for every layer; null means none, and an absent key the
  /// default.
  mutating func readWindow(from configuration: Configuration, default: Int?) throws {
    let given = try configuration.optionalCount("sliding_window")
    let window = configuration.lacks("sliding_window") ? `default` : given
    windows = window.map { Array(repeating: $0, count: sizes.layerCount) }
  }

  /// Reads `sliding_window` and the layers that have it.
  ///
  /// - Parameter slides: whether a layer slides where `layer_types` doesn't say.
  /// - Returns: whether each layer slides, with or without a window.
  @discardableResult
  mutating func readAlternatingWindows(
    from configuration: Configuration, default: Int, slides: (_ layer: Int) -> Bool
  ) throws -> [Bool] {
    let given = try configuration.optionalCount("sliding_window")
    let window = configuration.lacks("sliding_window") ? `default` : given
    let types = try configuration.slidingLayers(layerCount: sizes.layerCount)
    let sliding = types ?? (0..<sizes.layerCount).map(slides)
    windows = sliding.map { $0 ? window : nil }
    return sliding
  }
}

extension Configuration {
  /// Which layers slide, by `layer_types`; nil where the key is absent or null.
  func slidingLayers(layerCount: Int) throws -> [Bool]? {
    let types: [String]? = try optional("layer_types")
    guard let types else { return nil }
    guard types.count == layerCount else {
      throw invalid("layer_types", expected: "a list of \(layerCount) strings")
    }
    return try types.map { type in
      switch type {
      case "full_attention": false
      case "sliding_attention": true
      default: throw unsupported("layer_types")
      }
    }
  }
}
