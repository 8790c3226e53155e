// SPDX-License-Identifier: Apache-2.0

/// How a matrix of weights is cut by rows, wherever a product with it is computed.
///
/// The cut depends on the matrix alone. So a product is the same calls on the same numbers, and its
/// result the same bits, whether the matrix lies in memory or a slab of it is read at a time.
struct WeightSlabs: Sendable {
  /// Weights per slab, 16 MB as fp32: so many rows that a product loses nothing by the cut.
  static let weightLimit = 1 << 22
  /// Slabs begin at multiples of this many rows, where rows are not longer than the limit allows.
  private static let rowMultiple = 64

  let rowCount: Int
  /// Of every slab but the last; at least 1.
  let slabRowCount: Int

  init(rowCount: Int, columnCount: Int, weightLimit: Int = Self.weightLimit) {
    self.rowCount = rowCount
    let fitting = max(1, weightLimit / max(1, columnCount))
    let even =
      fitting < Self.rowMultiple ? fitting : fitting / Self.rowMultiple * Self.rowMultiple
    slabRowCount = min(even, max(1, rowCount))
  }

  var count: Int { (rowCount + slabRowCount - 1) / slabRowCount }

  /// The rows of a slab.
  subscript(_ slab: Int) -> Range<Int> {
    slab * slabRowCount..<min((slab + 1) * slabRowCount, rowCount)
  }
}
