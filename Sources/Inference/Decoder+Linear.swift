// SPDX-License-Identifier: Apache-2.0

extension Decoder {
  /// Normalizes each of `rows` rows of `count` numbers, `stride` apart (side by side by default);
  /// `out`, with the same stride, may be `x`.
  func normalize(
    _ norm: Norm, _ x: UnsafePointer<Float>, rows: Int, count: Int, stride: Int? = nil,
    into out: UnsafeMutablePointer<Float>
  ) {
    switch norm {
    case .rootMeanSquare(let weight, let epsilon):
      math.rootMeanSquareNorm(
        x, weight: weights[weight], epsilon: epsilon, rows: rows, count: count,
        stride: stride ?? count, into: out)
    case .layer(let weight, let bias, let epsilon):
      math.layerNorm(
        x, weight: weight.map { weights[$0] }, bias: bias.map { weights[$0] }, epsilon: epsilon,
        rows: rows, count: count, stride: stride ?? count, into: out)
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
    if case .coded(let arithmetic) = productRule, rows <= ProductKernels.stateLimit,
      let matrix = weights.coded(projection.weight)
    {
      products.multiply(
        matrix, x, states: rows, arithmetic: arithmetic, into: out, stride: stride, adding: adding,
        threads: threads)
      if let bias = projection.bias {
        math.add(weights[bias], to: out, rows: rows, count: projection.outputSize, stride: stride)
      }
      return
    }
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
