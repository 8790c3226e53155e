// SPDX-License-Identifier: Apache-2.0

extension Decoder {
  /// Makes the first hidden states of a batch.
  ///
  /// - Parameter states: receives `batch.rowCount * hiddenSize` numbers.
  func embed(
    _ windows: [[Int32]], into states: UnsafeMutablePointer<Float>, batch: Batch,
    workspace: Workspace
  ) {
    let embedding = architecture.embedding
    concurrently(batch.tileCount, threads: threads) { tile, worker in
      let rows = batch.rows(ofTile: tile)
      let out = states + rows.lowerBound * hiddenSize
      let width = embedding.tokens.shape[1]
      let looked = embedding.projection == nil ? out : workspace.scratch(of: worker)
      let table = weights[embedding.tokens]
      for (offset, row) in rows.enumerated() {
        let (window, position) = row.quotientAndRemainder(dividingBy: batch.windowLength)
        (looked + offset * width).update(
          from: table + Int(windows[window][position]) * width, count: width)
      }
      if let scale = embedding.scale { math.scale(looked, by: scale, count: rows.count * width) }
      if let projection = embedding.projection {
        project(projection, looked, rows: rows.count, into: out, stride: hiddenSize)
      }
      if let positions = embedding.positions {
        let first = rows.lowerBound % batch.windowLength + positions.firstRow
        math.add(
          weights[positions.table] + first * hiddenSize, to: out, rows: 1,
          count: rows.count * hiddenSize, stride: 0)
      }
      if let norm = embedding.norm {
        normalize(norm, out, rows: rows.count, count: hiddenSize, into: out)
      }
    }
  }
}
