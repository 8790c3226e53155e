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
    let size = attention.headSize
    let stride = attention.inputStride
    let count = segment.rows.count
    let queries =
      workspace.attentionInput.base + segment.rows.lowerBound * stride + head * size
    let output =
      workspace.attentionOutput.base + segment.rows.lowerBound * attention.outputStride
      + head * attention.valueSize
    let weighing = ScoreWeighing(
      attention,
      biases: workspace.positions.biases(
        of: attention, head: head, end: segment.positions.upperBound),
      sink: attention.sinks.map { weights[$0][head] } ?? -.infinity)
    let scores = scratch
    let gathered = scratch + min(Attention.queryTile, count) * segment.positions.upperBound

    for first in Swift.stride(from: 0, to: count, by: Attention.queryTile) {
      let queryCount = min(Attention.queryTile, count - first)
      let position = segment.firstPosition + first
      let firstKey = attention.firstVisible(from: position)
      let keyCount = position + queryCount - firstKey
      let runs = keyValueRuns(
        layer: layer, head: head, of: segment, positions: firstKey..<firstKey + keyCount,
        queryCount: queryCount, workspace: workspace, gathered: gathered)
      // A block's keys times one query are so little that calling BLAS takes longer.
      let isSingle = queryCount == 1 && segment.cache != nil
      var place = 0
      for run in runs {
        if isSingle {
          math.multiply(
            queries + first * stride, transposed: run.keys, count: run.count, size: size,
            into: scores + place)
        } else {
          BLAS.multiply(
            BLAS.Matrix(start: queries + first * stride, stride: stride),
            transposed: run.keys, into: scores + place, stride: keyCount,
            m: queryCount, n: run.count, k: size)
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
      let sums = output + first * attention.outputStride
      if isSingle { sums.update(repeating: 0, count: attention.valueSize) }
      place = 0
      for run in runs {
        if isSingle {
          math.add(
            scores + place, times: run.values, count: run.count, size: attention.valueSize,
            to: sums)
        } else {
          BLAS.multiply(
            BLAS.Matrix(start: scores + place, stride: keyCount), run.values,
            into: sums, stride: attention.outputStride,
            m: queryCount, n: attention.valueSize, k: run.count, adding: place > 0)
        }
        place += run.count
      }
    }
  }
}

/// How one head's products of a query and the keys that it sees become their weights.
private struct ScoreWeighing {
  let scale: Float
  let softCap: Float?
  /// The head's bias for each position of a key.
  let biases: UnsafePointer<Float>?
  let sink: Float

  init(_ attention: Attention, biases: UnsafePointer<Float>?, sink: Float) {
    scale = attention.scale
    softCap = attention.softCap
    self.biases = biases
    self.sink = sink
  }

  func apply(
    to products: UnsafeMutablePointer<Float>, keys: ClosedRange<Int>, with math: VectorMath
  ) {
    let count = keys.count
    var scale = scale
    if let softCap {
      math.softCap(products, count: count, scale: scale, cap: softCap)
      scale = 1
    }
    if let biases {
      math.scale(products, by: scale, adding: biases + keys.lowerBound, count: count)
      scale = 1
    }
    math.softmax(products, count: count, scale: scale, sink: sink)
  }
}
