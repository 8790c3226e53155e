// SPDX-License-Identifier: Apache-2.0

/// Rows of hidden states that go through the network as one matrix, and how that is cut into tiles.
///
/// A tile never crosses a window, and its size depends on the window's length alone. So a window's
/// results are the same bits whatever else is in the batch and however many threads there are. Cached
/// sequences share tiles, for each weight is read once per tile.
struct Batch {
  /// Enough rows that packing the weights is a small part of a product; few enough that a tile's
  /// intermediate results stay in the second-level cache.
  static let rowTile = 256

  /// How segments are cut into tiles.
  enum Tiling {
    /// Into tiles of at most ``rowTile`` rows, which cached sequences share.
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

  /// - Parameter segments: one after the other, none empty; cached sequences, or windows.
  init(_ segments: [Segment], tiling: Tiling = .rows) {
    self.segments = segments
    if tiling == .segments {
      tiles = segments.enumerated().map { Tile(rows: $1.rows, segments: $0..<$0 + 1) }
    } else if segments.allSatisfy({ $0.cache != nil }) {
      let rowCount = segments.last?.rows.upperBound ?? 0
      tiles = Self.evenRanges(of: 0..<rowCount).map { rows in
        let first = segments.firstIndex { $0.rows.upperBound > rows.lowerBound } ?? 0
        let end = segments.firstIndex { $0.rows.lowerBound >= rows.upperBound }
        return Tile(rows: rows, segments: first..<(end ?? segments.count))
      }
    } else {
      tiles = segments.enumerated().flatMap { index, segment in
        stride(from: segment.rows.lowerBound, to: segment.rows.upperBound, by: Self.rowTile).map {
          let end = min($0 + Self.rowTile, segment.rows.upperBound)
          return Tile(rows: $0..<end, segments: index..<index + 1)
        }
      }
    }
  }

  /// As few ranges of at most ``rowTile`` rows as there can be, about equally long, so that no worker
  /// waits for another.
  private static func evenRanges(of rows: Range<Int>) -> [Range<Int>] {
    let count = (rows.count + rowTile - 1) / rowTile
    return (0..<count).map {
      rows.lowerBound + rows.count * $0 / count..<rows.lowerBound + rows.count * ($0 + 1) / count
    }
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
