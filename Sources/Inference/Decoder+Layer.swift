// SPDX-License-Identifier: Apache-2.0

extension Decoder {
  /// Runs one layer on the hidden states of a batch, in place.
  ///
  /// Three passes, because attention needs all rows of a window: queries, keys and values by row
  /// tiles; attention by windows and heads; everything else by row tiles.
  func run(
    _ layer: Layer, on states: UnsafeMutablePointer<Float>, batch: Batch, workspace: Workspace
  ) {
    concurrently(batch.tileCount, threads: threads) { tile, worker in
      let rows = batch.rows(ofTile: tile)
      let normalized = workspace.scratch(of: worker)
      normalize(
        layer.attentionNorm, states + rows.lowerBound * hiddenSize, rows: rows.count,
        count: hiddenSize, into: normalized)
      projectAttentionInput(
        layer.attention, normalized, rows: rows, batch: batch, workspace: workspace)
    }

    let heads = layer.attention.headCount
    concurrently(batch.windowCount * heads, threads: threads) { index, worker in
      let (window, head) = index.quotientAndRemainder(dividingBy: heads)
      attend(
        layer.attention, window: window, head: head, batch: batch, workspace: workspace,
        scores: workspace.scratch(of: worker))
    }

    concurrently(batch.tileCount, threads: threads) { tile, worker in
      let rows = batch.rows(ofTile: tile)
      let states = states + rows.lowerBound * hiddenSize
      switch layer.residual {
      case .sequential:
        project(
          layer.attention.output,
          workspace.attentionOutput.base + rows.lowerBound * layer.attention.outputStride,
          rows: rows.count, into: states, stride: hiddenSize, adding: true)
        let normalized = workspace.scratch(of: worker)
        normalize(
          layer.feedForwardNorm, states, rows: rows.count, count: hiddenSize, into: normalized)
        feedForward(
          layer.feedForward, normalized, rows: rows.count,
          scratch: normalized + rows.count * hiddenSize, addingTo: states)
      }
    }
  }

  /// Normalizes each of `rows` rows of `count` numbers; `out` may be `x`.
  func normalize(
    _ norm: Norm, _ x: UnsafePointer<Float>, rows: Int, count: Int,
    into out: UnsafeMutablePointer<Float>
  ) {
    switch norm {
    case .rootMeanSquare(let weight, let epsilon):
      math.rootMeanSquareNorm(
        x, weight: weights[weight], epsilon: epsilon, rows: rows, count: count, into: out)
    }
  }

  /// `out = projection(x)`, or `out += projection(x)`.
  ///
  /// - Parameters:
  ///   - x: `rows * projection.inputSize`.
  ///   - out: rows of `projection.outputSize`, `stride` apart.
  func project(
    _ projection: Projection, _ x: UnsafePointer<Float>, rows: Int,
    into out: UnsafeMutablePointer<Float>, stride: Int, adding: Bool = false
  ) {
    for slab in 0..<weights.slabs(of: projection.weight).count {
      project(projection, slab: slab, x, rows: rows, into: out, stride: stride, adding: adding)
    }
  }

  /// The outputs of one slab of a projection's weights, in their places in rows of all.
  func project(
    _ projection: Projection, slab: Int, _ x: UnsafePointer<Float>, rows: Int,
    into out: UnsafeMutablePointer<Float>, stride: Int, adding: Bool = false
  ) {
    weights.withSlab(slab, of: projection.weight) { outputs, slab in
      let out = out + outputs.lowerBound
      BLAS.multiply(
        BLAS.Matrix(start: x, stride: projection.inputSize),
        transposed: BLAS.Matrix(start: slab, stride: projection.inputSize),
        into: out, stride: stride,
        m: rows, n: outputs.count, k: projection.inputSize, adding: adding)
      if let bias = projection.bias {
        math.add(
          weights[bias] + outputs.lowerBound, to: out, rows: rows, count: outputs.count,
          stride: stride)
      }
    }
  }
}
