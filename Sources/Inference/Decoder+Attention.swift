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
    let shared = head / (attention.headCount / attention.keyValueHeadCount)
    let input = workspace.attentionInput.base + window * length * stride
    let queries = input + head * size
    let keys = input + attention.querySize + shared * size
    let values =
      input + attention.querySize + attention.keySize + shared * attention.valueSize
    let output =
      workspace.attentionOutput.base + window * length * attention.outputStride
      + head * attention.valueSize
    let weighing = ScoreWeighing(
      attention, biases: workspace.biases(of: attention, head: head),
      sink: attention.sinks.map { weights[$0][head] } ?? -.infinity)

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
        let visible = attention.firstVisible(from: first + row)...first + row
        let hidden = visible.lowerBound - firstKey
        let start = scores + row * keyCount
        start.update(repeating: 0, count: hidden)
        weighing.apply(to: start + hidden, keys: visible, with: math)
        let end = hidden + visible.count
        (start + end).update(repeating: 0, count: keyCount - end)
      }
      BLAS.multiply(
        BLAS.Matrix(start: scores, stride: keyCount),
        BLAS.Matrix(start: values + firstKey * stride, stride: stride),
        into: output + first * attention.outputStride, stride: attention.outputStride,
        m: queryCount, n: attention.valueSize, k: keyCount)
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
