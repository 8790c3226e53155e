// SPDX-License-Identifier: Apache-2.0

extension Decoder {
  /// Normalizes each of `rows` rows of `count` numbers, `stride` apart (side by side by default);
  /// `out`, with the same stride, may be `x`.
  func normalize(
    _ norm: Norm, _ x: UnsafePointer<Float>, rows: Int, count: Int, stride: Int? = nil,
    into out: UnsafeMutablePointer<Float>
  ) {
    switch norm {
    case .rootMeanSquare(let weight, let epsilon, let steps):
      math.rootMeanSquareNorm(
        x, weight: weights[weight], epsilon: epsilon, steps: steps, rows: rows, count: count,
        stride: stride ?? count, into: out)
    case .layer(let weight, let bias, let epsilon):
      math.layerNorm(
        x, weight: weight.map { weights[$0] }, bias: bias.map { weights[$0] }, epsilon: epsilon,
        rows: rows, count: count, stride: stride ?? count, into: out)
    }
  }

  /// `out = projection(x)`, or `out += projection(x)`, which is for results that aren't rounded.
  ///
  /// - Parameters:
  ///   - x: `rows * projection.inputSize`.
  ///   - out: rows of `projection.outputSize`, `stride` apart.
  func project(
    _ projection: Projection, _ x: UnsafePointer<Float>, rows: Int,
    into out: UnsafeMutablePointer<Float>, stride: Int, adding: Bool = false
  ) {
    if let matrix = byteMatrix(of: projection) {
      return multiplyBytes(
        matrix, x, rows: rows, bias: projection.bias.map { weights[$0] }, into: out, stride: stride)
    }
    if case .coded(let arithmetic) = productRule, let matrix = weights.coded(projection.weight) {
      if matrix.isExact(in: math.rounding),
        products.multiplies(matrix, states: rows, arithmetic: arithmetic)
      {
        products.multiply(
          matrix, x, states: rows, arithmetic: arithmetic, into: out, stride: stride,
          adding: adding, threads: threads)
      } else {
        multiply(matrix, x, rows: rows, into: out, stride: stride, adding: adding)
      }
      return complete(
        projection, outputs: 0..<projection.outputSize, out, rows: rows, stride: stride)
    }
    for slab in 0..<weights.slabs(of: projection.weight).count {
      project(projection, slab: slab, x, rows: rows, into: out, stride: stride, adding: adding)
    }
  }

  /// Restores weights for many rows of activations, some outputs at a time and as many as fit the
  /// second-level caches, so that they are read once and written nowhere else.
  private func multiply(
    _ matrix: CodedMatrix, _ x: UnsafePointer<Float>, rows: Int,
    into out: UnsafeMutablePointer<Float>, stride: Int, adding: Bool
  ) {
    let chunks = RowChunks(
      rowCount: matrix.rowCount, threads: threads, least: 64,
      most: max(1, Self.restoredWeightCount / matrix.columnCount))
    concurrently(chunks.count, threads: threads) { chunk, _ in
      let outputs = chunks[chunk]
      weights.withRestored(outputs, of: matrix) { restored in
        BLAS.multiply(
          BLAS.Matrix(start: x, stride: matrix.columnCount),
          transposed: BLAS.Matrix(start: restored, stride: matrix.columnCount),
          into: out + outputs.lowerBound, stride: stride,
          m: rows, n: outputs.count, k: matrix.columnCount, adding: adding)
      }
    }
  }

  /// Weights that are restored at a time: so many that packing the activations for each product with
  /// them is a small part of it.
  static let restoredWeightCount = 1 << 19

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
      complete(projection, outputs: outputs, out, rows: rows, stride: stride)
    }
  }

  /// Adds the bias to products, some of a projection's outputs, and rounds what is to be rounded.
  private func complete(
    _ projection: Projection, outputs: Range<Int>, _ out: UnsafeMutablePointer<Float>, rows: Int,
    stride: Int
  ) {
    let rounding = projection.rounding == .never ? .none : math.rounding
    if projection.rounding == .each {
      rounding.round(out, rows: rows, count: outputs.count, stride: stride)
    }
    if let bias = projection.bias {
      math.unrounded.add(
        weights[bias] + outputs.lowerBound, to: out, rows: rows, count: outputs.count,
        stride: stride)
    }
    rounding.round(out, rows: rows, count: outputs.count, stride: stride)
  }
}
