// SPDX-License-Identifier: Apache-2.0

extension Decoder {
  /// Makes the first hidden states of a batch; the tables need not be in memory.
  ///
  /// - Parameter states: receives `batch.rowCount * hiddenSize` numbers.
  /// - Throws: the source's error, where weights are read now.
  func embed(
    _ ids: [Int32], into states: UnsafeMutablePointer<Float>, batch: Batch
  ) throws {
    let embedding = architecture.embedding
    let width = embedding.tokens.shape[1]
    let narrow = embedding.projection.map { _ in FloatBuffer(count: batch.rowCount * width) }
    let looked = narrow?.base ?? states
    try weights.copy(
      rows: ids.map { Int($0) }, of: embedding.tokens, to: looked, threads: threads)
    let positions = try embedding.positions.map { try rows($0, of: batch) }
    concurrently(batch.tiles.count, threads: threads) { index, _ in
      let tile = batch.tiles[index]
      let rows = tile.rows
      let x = looked + rows.lowerBound * width
      let out = states + rows.lowerBound * hiddenSize
      if let scale = embedding.scale {
        math.scale(x, by: math.rounding.rounded(scale), count: rows.count * width)
      }
      if let projection = embedding.projection {
        project(projection, x, rows: rows.count, into: out, stride: hiddenSize)
      }
      if let positions {
        for (segment, rows) in batch.parts(of: tile) {
          math.add(
            positions.start(of: segment, row: rows.lowerBound, width: hiddenSize),
            to: states + rows.lowerBound * hiddenSize, rows: 1, count: rows.count * hiddenSize,
            stride: 0)
        }
      }
      if let norm = embedding.norm {
        normalize(norm, out, rows: rows.count, count: hiddenSize, into: out)
      }
    }
    withExtendedLifetime(narrow) {}
    try weights.rethrow()
  }

  /// The rows of all positions in a batch.
  private func rows(_ positions: LearnedPositions, of batch: Batch) throws -> PositionRows {
    var places: [Range<Int>: Int] = [:]
    var needed: [Int] = []
    for range in batch.segments.lazy.map(\.positions) where places[range] == nil {
      places[range] = needed.count
      needed += range.map { positions.firstRow + $0 }
    }
    let rows = FloatBuffer(count: needed.count * hiddenSize)
    try weights.copy(rows: needed, of: positions.table, to: rows.base, threads: threads)
    return PositionRows(rows: rows, places: places)
  }
}

/// The learned rows of some positions, those of equal segments once.
private struct PositionRows {
  let rows: FloatBuffer
  /// Where the rows of a segment's positions begin.
  let places: [Range<Int>: Int]

  /// The learned row of a batch's row, which those of the segment's next rows follow.
  func start(of segment: Batch.Segment, row: Int, width: Int) -> UnsafePointer<Float> {
    let place = (places[segment.positions] ?? 0) + row - segment.rows.lowerBound
    return UnsafePointer(rows.base + place * width)
  }
}
