// SPDX-License-Identifier: Apache-2.0

/// How many experts a layer has and how many of them a position uses.
struct ExpertCounts {
  var all: Int
  var chosen: Int

  /// The most experts that all layers together may have: twice what the largest models have, so
  /// that a hostile file can't ask for more than there are tensors.
  static let limit = 1 << 17

  /// - Parameter keys: names for the number of experts, of which the first in the file counts.
  /// - Throws: ``InferenceError`` where a position would use more experts than there are.
  init(
    from configuration: Configuration, keys: [String], default: Int, defaultChosen: Int,
    layerCount: Int, chosenKey: String = "num_experts_per_tok"
  ) throws {
    let limit = max(Self.limit / layerCount, 1)
    var counts: [Int] = []
    for key in keys {
      if let count = try configuration.optionalCount(key, limit: limit) { counts.append(count) }
    }
    all = min(counts.first ?? `default`, limit)
    chosen = try configuration.optionalCount(chosenKey, limit: 1 << 16) ?? defaultChosen
    guard chosen <= all else {
      throw configuration.invalid(chosenKey, expected: "at most the number of experts (\(all))")
    }
  }
}
