// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Runtimes

@Suite struct RowOrderTests {
  private static let orders: [(RowOrder, rowCount: Int)] = [
    (.same, 12), (.rotary(headSize: 8), 24),
    (.gathered(groups: 3, queriesPerGroup: 1, headSize: 4), 36),
    (.gathered(groups: 2, queriesPerGroup: 3, headSize: 4), 40),
  ]

  @Test func `both directions undo each other and reach every row`() {
    for (order, count) in Self.orders {
      let stored = (0..<count).map(order.stored)
      #expect(stored.sorted() == Array(0..<count))
      #expect(stored.map(order.original) == Array(0..<count))
    }
  }

  @Test func `halves of a head become neighbours`() {
    let order = RowOrder.rotary(headSize: 6)
    // Out of the file's rows 0, 1, 2, … the checkpoint's: 0 3 1 4 2 5, and the same in the next head.
    #expect((0..<12).map(order.original) == [0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11])
  }

  @Test func `queries, keys and values come together`() {
    let order = RowOrder.gathered(groups: 2, queriesPerGroup: 2, headSize: 1)
    // Groups of q q k v become q q q q k k v v.
    #expect((0..<8).map(order.original) == [0, 1, 4, 5, 2, 6, 3, 7])
  }
}
