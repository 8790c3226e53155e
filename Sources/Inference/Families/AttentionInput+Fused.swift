// SPDX-License-Identifier: Apache-2.0

extension AttentionInput {
  /// Cut from one projection that gives all queries, then all keys, then all values.
  static func concatenated(_ fused: Projection, of sizes: DecoderSizes) -> AttentionInput {
    let (queries, keys) = (sizes.querySize, sizes.keySize)
    return .direct(
      query: fused.taking(.run(from: 0, count: queries)),
      key: fused.taking(.run(from: queries, count: keys)),
      value: fused.taking(.run(from: queries + keys, count: keys)))
  }

  /// Cut from one projection that gives, for one key and value head after the other, the query
  /// heads that share it, the key head and the value head.
  static func grouped(_ fused: Projection, of sizes: DecoderSizes) -> AttentionInput {
    let groups = sizes.keyValueHeadCount
    let queries = sizes.querySize / groups
    let distance = queries + 2 * sizes.headSize
    func part(from start: Int, count: Int) -> Projection {
      fused.taking(.run(from: start, count: count, repetitions: groups, distance: distance))
    }
    return .direct(
      query: part(from: 0, count: queries),
      key: part(from: queries, count: sizes.headSize),
      value: part(from: queries + sizes.headSize, count: sizes.headSize))
  }
}

extension DecoderSizes {
  /// How many numbers per row a projection gives that makes queries, keys and values at once.
  var fusedSize: Int { querySize + 2 * keySize }

  /// Attention of these sizes, with no part that only some families have.
  func attention(
    _ input: AttentionInput, output: Projection, position: Position, window: Int? = nil
  ) -> Attention {
    Attention(
      input: input, output: output, headCount: headCount, keyValueHeadCount: keyValueHeadCount,
      headSize: headSize, valueSize: headSize, scale: scale, position: position, window: window)
  }
}
