// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Inference

@Suite struct BatchTests {
  private func cached(rowCounts: [Int]) -> Batch {
    let shape = KeyValueShape(headCount: 1, keySize: 2, valueSize: 2)
    let pool = BlockPool(blockWidth: shape.blockWidth, byteLimit: 1 << 16)
    var row = 0
    return Batch(
      rowCounts.map { count in
        defer { row += count }
        return Batch.Segment(
          rows: row..<row + count, textLength: count, cache: CachedSequence([shape], in: pool))
      })
  }

  @Test(arguments: [[1], [1, 1, 1], [256], [257], [40, 1, 300, 1, 1, 170], [256, 256]])
  func `cached sequences share few tiles, all about as large`(rowCounts: [Int]) {
    let batch = cached(rowCounts: rowCounts)
    let total = rowCounts.reduce(0, +)
    #expect(batch.tiles.flatMap(\.rows) == Array(0..<total))
    #expect(batch.tiles.count == (total + Batch.rowTile - 1) / Batch.rowTile)
    let sizes = batch.tiles.map(\.rows.count)
    #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 1)
    for tile in batch.tiles {
      let parts = batch.parts(of: tile)
      #expect(parts.allSatisfy { !$0.rows.isEmpty })
      #expect(parts.flatMap(\.rows) == Array(tile.rows))
    }
  }

  @Test func `windows never share a tile`() {
    let batch = Batch(windowCount: 3, windowLength: 300)
    #expect(
      batch.tiles.map(\.rows) == [0..<256, 256..<300, 300..<556, 556..<600, 600..<856, 856..<900])
  }
}
