// SPDX-License-Identifier: Apache-2.0

extension BytePairModel {
  /// Up to this many symbols, looking at every pair again costs less than a heap.
  private static let scanLimit = 16

  /// Merges the symbols from `start` to the end of `ids` in place.
  ///
  /// - Complexity: O(n²) lookups for at most ``scanLimit`` symbols, O(n log n) beyond.
  func merge(_ ids: inout [Int32], from start: Int) {
    if ids.count - start <= Self.scanLimit {
      mergeByScanning(&ids, from: start)
    } else {
      mergeByHeap(&ids, from: start)
    }
  }

  private func mergeByScanning(_ ids: inout [Int32], from start: Int) {
    while ids.count - start > 1 {
      var best: (rank: Int32, id: Int32, position: Int)?
      for position in start..<ids.count - 1 {
        guard let pair = merges[ids[position], ids[position + 1]] else { continue }
        if let rank = best?.rank, rank <= pair.rank { continue }
        best = (pair.rank, pair.id, position)
      }
      guard let best else { return }
      ids[best.position] = best.id
      ids.remove(at: best.position + 1)
    }
  }

  /// Symbols as a linked list; the heap holds `rank << 32 | position` of every pair ever formed.
  ///
  /// An entry is out of date when the pair that now starts at its position has another rank: symbols
  /// only grow, so no later pair there can have the same.
  private func mergeByHeap(_ ids: inout [Int32], from start: Int) {
    var symbols = Array(ids[start...])
    let end = symbols.count
    var next = Array(1...end)
    var previous = Array(-1..<end - 1)
    var heap = MinimumHeap()

    func push(_ left: Int) {
      guard left >= 0, next[left] < end,
        let pair = merges[symbols[left], symbols[next[left]]]
      else { return }
      heap.push(UInt64(pair.rank) << 32 | UInt64(left))
    }

    for position in 0..<end { push(position) }
    while let entry = heap.pop() {
      let left = Int(entry & 0xFFFF_FFFF)
      let right = next[left]
      guard symbols[left] >= 0, right < end,
        let pair = merges[symbols[left], symbols[right]], UInt64(pair.rank) == entry >> 32
      else { continue }
      symbols[left] = pair.id
      symbols[right] = -1
      next[left] = next[right]
      if next[right] < end { previous[next[right]] = left }
      push(previous[left])
      push(left)
    }
    ids.replaceSubrange(start..., with: symbols.lazy.filter { $0 >= 0 })
  }
}
