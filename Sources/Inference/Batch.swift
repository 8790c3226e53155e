// SPDX-License-Identifier: Apache-2.0

/// Windows of one length as one matrix of rows, and how that matrix is cut into tiles.
///
/// A tile never crosses a window, and its size depends on the window's length alone. So a window's
/// results are the same bits whatever else is in the batch and however many threads there are.
struct Batch {
  /// Enough rows that packing the weights is a small part of a product; few enough that a tile's
  /// intermediate results stay in the second-level cache.
  static let rowTile = 256

  let windowCount: Int
  let windowLength: Int

  var rowCount: Int { windowCount * windowLength }
  private var tilesPerWindow: Int { (windowLength + Self.rowTile - 1) / Self.rowTile }
  var tileCount: Int { windowCount * tilesPerWindow }

  /// The rows of a tile, counted through the whole batch.
  func rows(ofTile tile: Int) -> Range<Int> {
    let (window, part) = tile.quotientAndRemainder(dividingBy: tilesPerWindow)
    let start = part * Self.rowTile
    let end = min(start + Self.rowTile, windowLength)
    return window * windowLength + start..<window * windowLength + end
  }
}
