// SPDX-License-Identifier: Apache-2.0

/// Rows of hidden states that go through the network as one matrix, and how that is cut into tiles.
///
/// A tile never crosses a segment, and its size depends on the segment's length alone. So a window's
/// results are the same bits whatever else is in the batch and however many threads there are. Only
/// single tokens of cached sequences share tiles, for each weight is read once per tile.
struct Batch {
  /// Enough rows that packing the weights is a small part of a product; few enough that a tile's
  /// intermediate results stay in the second-level cache.
  static let rowTile = 256

  /// How segments are cut into tiles.
  enum Tiling {
    /// Into tiles of at most ``rowTile`` rows; single tokens of several sequences share one.
    case rows
    /// Not at all: each is a tile.
    case segments
  }

  /// Neighbouring tokens of one sequence.
  struct Segment {
    /// Counted through the whole batch.
    var rows: Range<Int>
    /// Of the first row.
    var firstPosition = 0
    /// The length of the whole text as far as it is known, on which some rotations depend.
    var textLength: Int
    /// Where keys and values are kept; nil where the segment is all there is of its sequence.
    var cache: CachedSequence?

    var positions: Range<Int> { firstPosition..<firstPosition + rows.count }

    func position(ofRow row: Int) -> Int { firstPosition + row - rows.lowerBound }
  }

  /// Rows that one worker takes through a step.
  struct Tile {
    var rows: Range<Int>
    /// The segments that have rows in it.
    var segments: Range<Int>
  }

  let segments: [Segment]
  let tiles: [Tile]

  var rowCount: Int { segments.last?.rows.upperBound ?? 0 }
  /// The rows of the longest segment.
  var longestSegment: Int { segments.lazy.map(\.rows.count).max() ?? 0 }

  /// - Parameter segments: one after the other, none empty.
  init(_ segments: [Segment], tiling: Tiling = .rows) {
    self.segments = segments
    guard tiling == .rows else {
      tiles = segments.enumerated().map { Tile(rows: $1.rows, segments: $0..<$0 + 1) }
      return
    }
    var tiles: [Tile] = []
    var isOpen = false
    for (index, segment) in segments.enumerated() {
      guard segment.rows.count > 1 || segment.cache == nil else {
        if isOpen, let last = tiles.last, last.rows.count < Self.rowTile {
          tiles[tiles.count - 1] = Tile(
            rows: last.rows.lowerBound..<segment.rows.upperBound,
            segments: last.segments.lowerBound..<index + 1)
        } else {
          tiles.append(Tile(rows: segment.rows, segments: index..<index + 1))
          isOpen = true
        }
        continue
      }
      isOpen = false
      for start in stride(
        from: segment.rows.lowerBound, to: segment.rows.upperBound, by: Self.rowTile)
      {
        let end = min(start + Self.rowTile, segment.rows.upperBound)
        tiles.append(Tile(rows: start..<end, segments: index..<index + 1))
      }
    }
    self.tiles = tiles
  }

  /// Windows of one length, each a sequence of its own.
  init(windowCount: Int, windowLength: Int, tiling: Tiling = .rows) {
    self.init(
      (0..<windowCount).map {
        Segment(rows: $0 * windowLength..<($0 + 1) * windowLength, textLength: windowLength)
      }, tiling: tiling)
  }

  /// The rows that a tile has of each segment in it.
  func parts(of tile: Tile) -> [(segment: Segment, rows: Range<Int>)] {
    segments[tile.segments].map { ($0, $0.rows.clamped(to: tile.rows)) }
  }
}
