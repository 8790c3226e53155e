// SPDX-License-Identifier: Apache-2.0

extension Attention {
  /// Queries whose scores are in memory at once.
  ///
  /// A tile computes the keys up to its last query, so that all but half a tile per row of the
  /// work above the diagonal is skipped.
  static let queryTile = 64

  var querySize: Int { headCount * headSize }
  var keySize: Int { keyValueHeadCount * headSize }
  /// Numbers per row of queries, keys and values side by side.
  var inputStride: Int { querySize + 2 * keySize }
  /// Numbers per row of what the heads give.
  var outputStride: Int { querySize }
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

    let table = workspace.rotaryTable(attention.position)
    for (offset, row) in rows.enumerated() {
      // Query heads and key heads are neighbours, and both are rotated.
      for head in 0..<attention.headCount + attention.keyValueHeadCount {
        table.rotate(
          start + offset * stride + head * attention.headSize,
          position: row % batch.windowLength)
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
      let keyCount = first + queryCount
      BLAS.multiply(
        BLAS.Matrix(start: queries + first * stride, stride: stride),
        transposed: BLAS.Matrix(start: keys, stride: stride),
        into: scores, stride: keyCount,
        m: queryCount, n: keyCount, k: size, scale: attention.scale)
      for row in 0..<queryCount {
        let visible = first + row + 1
        VectorMath.softmax(scores + row * keyCount, count: visible)
        (scores + row * keyCount + visible).update(repeating: 0, count: keyCount - visible)
      }
      BLAS.multiply(
        BLAS.Matrix(start: scores, stride: keyCount),
        BLAS.Matrix(start: values, stride: stride),
        into: output + first * attention.outputStride, stride: attention.outputStride,
        m: queryCount, n: size, k: keyCount)
    }
  }
}
