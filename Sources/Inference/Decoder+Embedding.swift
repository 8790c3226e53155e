// SPDX-License-Identifier: Apache-2.0

extension Decoder {
  /// Makes the first hidden states of a batch; the tables need not be in memory.
  ///
  /// - Parameter states: receives `batch.rowCount * hiddenSize` numbers.
  /// - Throws: the source's error, where weights are read now.
  func embed(
    _ windows: [[Int32]], into states: UnsafeMutablePointer<Float>, batch: Batch
  ) throws {
    let embedding = architecture.embedding
    let width = embedding.tokens.shape[1]
    let narrow = embedding.projection.map { _ in FloatBuffer(count: batch.rowCount * width) }
    let looked = narrow?.base ?? states
    try weights.copy(
      rows: windows.joined().map { Int($0) }, of: embedding.tokens, to: looked, threads: threads)
    let positions = try embedding.positions.map { try rows($0, count: batch.windowLength) }
    concurrently(batch.tileCount, threads: threads) { tile, _ in
      let rows = batch.rows(ofTile: tile)
      let x = looked + rows.lowerBound * width
      let out = states + rows.lowerBound * hiddenSize
      if let scale = embedding.scale { math.scale(x, by: scale, count: rows.count * width) }
      if let projection = embedding.projection {
        project(projection, x, rows: rows.count, into: out, stride: hiddenSize)
      }
      if let positions {
        math.add(
          positions.base + rows.lowerBound % batch.windowLength * hiddenSize, to: out, rows: 1,
          count: rows.count * hiddenSize, stride: 0)
      }
      if let norm = embedding.norm {
        normalize(norm, out, rows: rows.count, count: hiddenSize, into: out)
      }
    }
    withExtendedLifetime(narrow) {}
    try weights.rethrow()
  }

  /// The rows of the first `count` positions.
  private func rows(_ positions: LearnedPositions, count: Int) throws -> FloatBuffer {
    let rows = FloatBuffer(count: count * hiddenSize)
    try weights.copy(
      rows: Array(positions.firstRow..<positions.firstRow + count), of: positions.table,
      to: rows.base, threads: threads)
    return rows
  }
}
