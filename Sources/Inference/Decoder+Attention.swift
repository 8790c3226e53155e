// SPDX-License-Identifier: Apache-2.0

extension Attention {
  /// Queries whose scores are in memory at once.
  ///
  /// A tile computes the keys from the first that its first query sees to the last query's own, so
  /// that of the work outside the mask half a tile per row is left.
  static let queryTile = 64

  var querySize: Int { headCount * headSize }
  var keySize: Int { keyValueHeadCount * headSize }
  /// Numbers per row of queries, keys and values side by side.
  var inputStride: Int { querySize + 2 * keySize }
  /// Numbers per row of what the heads give.
  var outputStride: Int { querySize }

  /// The first position that a query at `position` sees.
  func firstVisible(from position: Int) -> Int {
    guard let window else { return 0 }
    return max(0, position - window + 1)
  }
}

extension Decoder {
  /// Makes queries, keys and values of one tile's rows and rotates them to their positions.
  ///
  /// - Parameter x: `rows.count * hiddenSize` normalized states.
  func projectAttentionInput(
    _ attention: Attention, _ x: UnsafePointer<Float>, rows: Range<Int>, batch: Batch,
    workspace: Workspace
  ) {
    let stride = attention.inputStride
    let start = workspace.attentionInput.base + rows.lowerBound * stride
    let keys = start + attention.querySize
    let values = keys + attention.keySize
    project(attention.query, x, rows: rows.count, into: start, stride: stride)
    project(attention.key, x, rows: rows.count, into: keys, stride: stride)
    project(attention.value, x, rows: rows.count, into: values, stride: stride)

    let size = attention.headSize
    let table = workspace.rotaryTable(attention.position)
    for (offset, row) in rows.enumerated() {
      let queryHeads = start + offset * stride
      let keyHeads = keys + offset * stride
      if let norms = attention.headNorms {
        normalize(
          norms.query, queryHeads, rows: attention.headCount, count: size, into: queryHeads)
        normalize(
          norms.key, keyHeads, rows: attention.keyValueHeadCount, count: size, into: keyHeads)
      }
      // Query heads and key heads are neighbours, and both are rotated.
      for head in 0..<attention.headCount + attention.keyValueHeadCount {
        table.rotate(
          queryHeads + head * size, position: row % batch.windowLength, with: math)
      }
    }
  }

  /// Causal attention of one head in one window.
  ///
  /// - Parameter scores: scratch of `queryTile * windowLength`.
  func attend(
    _ attention: Attention, window: Int, head: Int, batch: Batch, workspace: Workspace,
    scores: UnsafeMutablePointer<Float>
  ) {
    let length = batch.windowLength
    let size = attention.headSize
    let stride = attention.inputStride
    let sharing = attention.headCount / attention.keyValueHeadCount
    let input = workspace.attentionInput.base + window * length * stride
    let queries = input + head * size
    let keys = input + attention.querySize + head / sharing * size
    let values = keys + attention.keySize
    let output =
      workspace.attentionOutput.base + window * length * attention.outputStride + head * size

    for first in Swift.stride(from: 0, to: length, by: Attention.queryTile) {
      let queryCount = min(Attention.queryTile, length - first)
      let firstKey = attention.firstVisible(from: first)
      let keyCount = first + queryCount - firstKey
      BLAS.multiply(
        BLAS.Matrix(start: queries + first * stride, stride: stride),
        transposed: BLAS.Matrix(start: keys + firstKey * stride, stride: stride),
        into: scores, stride: keyCount,
        m: queryCount, n: keyCount, k: size)
      for row in 0..<queryCount {
        let hidden = attention.firstVisible(from: first + row) - firstKey
        let visible = first + row + 1 - firstKey - hidden
        let start = scores + row * keyCount
        start.update(repeating: 0, count: hidden)
        math.softmax(start + hidden, count: visible, scale: attention.scale)
        (start + hidden + visible).update(repeating: 0, count: keyCount - visible - hidden)
      }
      BLAS.multiply(
        BLAS.Matrix(start: scores, stride: keyCount),
        BLAS.Matrix(start: values + firstKey * stride, stride: stride),
        into: output + first * attention.outputStride, stride: attention.outputStride,
        m: queryCount, n: size, k: keyCount)
    }
  }
}
