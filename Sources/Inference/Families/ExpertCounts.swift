// SPDX-License-Identifier: Apache-2.0

/// How many experts a layer has and how many of them a position uses.
struct ExpertCounts {
  var all: Int
  var chosen: Int

  /// - Parameter keys: names for the number of experts, of which the first in the file counts.
  /// - Throws: ``InferenceError`` where a position would use more experts than there are.
  init(
    from configuration: Configuration, keys: [String], default: Int, defaultChosen: Int,
    chosenKey: String = "num_experts_per_tok"
  ) throws {
    var counts: [Int] = []
    for key in keys {
      if let count = try configuration.optionalCount(key, limit: 1 << 16) { counts.append(count) }
    }
    all = counts.first ?? `default`
    chosen = try configuration.optionalCount(chosenKey, limit: 1 << 16) ?? defaultChosen
    guard chosen <= all else {
      throw configuration.invalid(chosenKey, expected: "at most the number of experts (\(all))")
    }
  }
}
