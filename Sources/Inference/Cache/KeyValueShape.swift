// SPDX-License-Identifier: Apache-2.0

/// What one layer keeps of each token.
struct KeyValueShape: Sendable, Hashable {
  var headCount: Int
  /// Numbers per key.
  var keySize: Int
  /// Numbers per value.
  var valueSize: Int
  /// How many positions a query sees, its own included; nil for all.
  var window: Int?

  /// Numbers per block: of one head after the other, keys of all tokens, then values of all tokens
  /// behind all keys.
  var blockWidth: Int { BlockPool.tokenCount * headCount * (keySize + valueSize) }
  /// Where values begin in a block.
  var valueOffset: Int { BlockPool.tokenCount * headCount * keySize }

  /// How many blocks a sequence of `count` tokens has at most, while up to `segmentLength` of them are
  /// being added.
  func blockCount(forTokens count: Int, segmentLength: Int) -> Int {
    let all = (count + BlockPool.tokenCount - 1) / BlockPool.tokenCount
    guard let window else { return all }
    // The first and the last block may have one token each that counts.
    return min(all, (window + segmentLength) / BlockPool.tokenCount + 2)
  }
}

extension KeyValueShape {
  /// - Parameter latent: what keys and values are made of, where that is kept instead of them: one
  ///   "key" for all heads, and no value.
  init(_ attention: Attention, keeping latent: LatentInput? = nil) {
    if let latent {
      self.init(headCount: 1, keySize: latent.keptSize, valueSize: 0, window: attention.window)
    } else {
      self.init(
        headCount: attention.keyValueHeadCount, keySize: attention.headSize,
        valueSize: attention.valueSize, window: attention.window)
    }
  }
}
