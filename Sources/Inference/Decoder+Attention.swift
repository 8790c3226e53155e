// SPDX-License-Identifier: Apache-2.0

extension Attention {
  /// Queries whose scores are in memory at once.
  ///
  /// A tile computes the keys from the first that its first query sees to the last query's own, so
  /// that of the work outside the mask half a tile per row is left.
  static let queryTile = 64

  /// Numbers per row of what the heads give.
  var outputStride: Int { headCount * valueSize }

  /// The first position that a query at `position` sees.
  func firstVisible(from position: Int) -> Int {
    guard let window else { return 0 }
    return max(0, position - window + 1)
  }
}

/// Where one head's queries are and where what it gives goes, for the rows of one segment.
struct HeadRows {
  var queries: BLAS.Matrix
  /// Numbers per query and per key.
  var keySize: Int
  var output: UnsafeMutablePointer<Float>
  var outputStride: Int
  /// Numbers per value.
  var valueSize: Int
}

extension Decoder {
  /// Causal attention of one head in one segment, to keys of the segment itself or from a cache.
  ///
  /// - Parameter scratch: `queryTile * length` for the scores, and where keys come from a cache
  ///   `length * (headSize + valueSize)` more.
  func attend(
    layer: Int, head: Int, of segment: Batch.Segment, workspace: Workspace,
    scratch: UnsafeMutablePointer<Float>
  ) {
    let attention = architecture.layers[layer].attention
    let stride = attention.inputStride
    let (first, count) = (segment.rows.lowerBound, segment.rows.count)
    let rows = HeadRows(
      queries: BLAS.Matrix(
        start: workspace.attentionInput.base + first * stride + head * attention.headSize,
        stride: stride),
      keySize: attention.headSize,
      output: workspace.attentionOutput.base + first * attention.outputStride
        + head * attention.valueSize,
      outputStride: attention.outputStride, valueSize: attention.valueSize)
    let weighing = ScoreWeighing(
      attention,
      biases: workspace.positions.biases(
        of: attention, head: head, end: segment.positions.upperBound),
      sink: attention.sinks.map { weights[$0][head] } ?? -.infinity)
    let gathered = scratch + min(Attention.queryTile, count) * segment.positions.upperBound
    if let cache = segment.cache, let latent = architecture.latent(keptOf: attention) {
      attend(
        rows, to: latent, in: cache, layer: layer, head: head, of: segment, weighing: weighing,
        scores: scratch, expanded: gathered)
    } else {
      attend(rows, attention, of: segment, weighing: weighing, scores: scratch) {
        positions, queryCount in
        keyValueRuns(
          layer: layer, head: head, of: segment, positions: positions, queryCount: queryCount,
          workspace: workspace, gathered: gathered)
      }
    }
  }

  /// The same, tile by tile of queries.
  ///
  /// - Parameters:
  ///   - scores: room for `queryTile * length` numbers.
  ///   - runs: the keys and values of some positions, which so many queries are to see.
  func attend(
    _ rows: HeadRows, _ attention: Attention, of segment: Batch.Segment, weighing: ScoreWeighing,
    scores: UnsafeMutablePointer<Float>,
    runs: (_ positions: Range<Int>, _ queryCount: Int) -> [KeyValueRun]
  ) {
    let count = segment.rows.count
    for first in stride(from: 0, to: count, by: Attention.queryTile) {
      let queryCount = min(Attention.queryTile, count - first)
      let position = segment.firstPosition + first
      let firstKey = attention.firstVisible(from: position)
      let keyCount = position + queryCount - firstKey
      let runs = runs(firstKey..<firstKey + keyCount, queryCount)
      let queries = rows.queries.start + first * rows.queries.stride
      // A block's keys times one query are so little that calling BLAS takes longer.
      let isSingle = queryCount == 1 && segment.cache != nil
      var place = 0
      for run in runs {
        if isSingle {
          math.multiply(
            queries, transposed: run.keys, count: run.count, size: rows.keySize,
            into: scores + place)
        } else {
          BLAS.multiply(
            BLAS.Matrix(start: queries, stride: rows.queries.stride),
            transposed: run.keys, into: scores + place, stride: keyCount,
            m: queryCount, n: run.count, k: rows.keySize)
        }
        place += run.count
      }
      for row in 0..<queryCount {
        let visible = attention.firstVisible(from: position + row)...position + row
        let hidden = visible.lowerBound - firstKey
        let start = scores + row * keyCount
        start.update(repeating: 0, count: hidden)
        weighing.apply(to: start + hidden, keys: visible, with: math)
        let end = hidden + visible.count
        (start + end).update(repeating: 0, count: keyCount - end)
      }
      let output = rows.output + first * rows.outputStride
      if isSingle { output.update(repeating: 0, count: rows.valueSize) }
      place = 0
      for run in runs {
        if isSingle {
          math.add(
            scores + place, times: run.values, count: run.count, size: rows.valueSize, to: output)
        } else {
          BLAS.multiply(
            BLAS.Matrix(start: scores + place, stride: keyCount), run.values,
            into: output, stride: rows.outputStride,
            m: queryCount, n: rows.valueSize, k: run.count, adding: place > 0)
        }
        place += run.count
      }
      math.rounding.round(
        output, rows: queryCount, count: rows.valueSize, stride: rows.outputStride)
    }
  }
}
