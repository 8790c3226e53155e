// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Inference

@Suite struct WeightSlabsTests {
  @Test(arguments: [1, 5, 64, 100, 4096, 128_256], [1, 64, 100, 4096, 28_672])
  func `slabs have every row once, in order`(rowCount: Int, columnCount: Int) {
    let slabs = WeightSlabs(rowCount: rowCount, columnCount: columnCount)
    var next = 0
    for slab in 0..<slabs.count {
      #expect(slabs[slab].lowerBound == next && !slabs[slab].isEmpty)
      #expect(slabs[slab].count * columnCount <= WeightSlabs.weightLimit)
      next = slabs[slab].upperBound
    }
    #expect(next == rowCount)
  }

  @Test func `a row longer than a slab may be is a slab`() {
    let slabs = WeightSlabs(rowCount: 3, columnCount: WeightSlabs.weightLimit + 1)
    #expect(slabs.count == 3)
  }
}
