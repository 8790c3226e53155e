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
    if case .coded(let arithmetic) = productRule {
      let weight = projection.weight
      if let matrix = weights.coded(weight),
        products.multiplies(matrix, states: rows, arithmetic: arithmetic)
      {
        products.multiply(
          matrix, x, states: rows, arithmetic: arithmetic, into: out, stride: stride,
          adding: adding, threads: threads)
      } else if weights.isUsedByInputs(weight) {
        multiplyByInputs(weight, x, rows: rows, into: out, stride: stride, adding: adding)
      } else {
        multiply(weight, x, rows: rows, into: out, stride: stride, adding: adding)
      }
      if let bias = projection.bias {
        math.add(weights[bias], to: out, rows: rows, count: projection.outputSize, stride: stride)
      }
      return
    }
    for slab in 0..<weights.slabs(of: projection.weight).count {
      project(projection, slab: slab, x, rows: rows, into: out, stride: stride, adding: adding)
    }
  }

  /// Restores weights some outputs at a time, as many as fit the second-level caches, so that they are
  /// read once and written nowhere else.
  private func multiply(
    _ weight: TensorReference, _ x: UnsafePointer<Float>, rows: Int,
    into out: UnsafeMutablePointer<Float>, stride: Int, adding: Bool
  ) {
    let columns = weight.shape[1]
    let most = rows > ProductKernels.stateLimit ? Self.restoredWeightCount : Self.fewRowsWeightCount
    let chunks = RowChunks(
      rowCount: weight.shape[0], threads: threads, least: 64, most: max(1, most / columns))
    concurrently(chunks.count, threads: threads) { chunk, _ in
      let outputs = chunks[chunk]
      let place = out + outputs.lowerBound
      weights.withRows(outputs, of: weight) { restored in
        let restored = BLAS.Matrix(start: restored, stride: columns)
        guard rows > 1 else {
          return BLAS.multiply(
            restored, vector: x, into: place, m: outputs.count, k: columns, adding: adding)
        }
        BLAS.multiply(
          BLAS.Matrix(start: x, stride: columns), transposed: restored, into: place,
          stride: stride, m: rows, n: outputs.count, k: columns, adding: adding)
      }
    }
  }

  /// The same for a matrix that is stored as a row for each input: restores the weights of some inputs at
  /// a time, and adds what these give.
  private func multiplyByInputs(
    _ weight: TensorReference, _ x: UnsafePointer<Float>, rows: Int,
    into out: UnsafeMutablePointer<Float>, stride: Int, adding: Bool
  ) {
    let (count, inputs) = (weight.shape[0], weight.shape[1])
    let step = max(1, Self.restoredWeightCount / count)
    for first in Swift.stride(from: 0, to: inputs, by: step) {
      let taken = first..<min(first + step, inputs)
      weights.withInputs(taken, of: weight, threads: threads) { restored in
        // Cut alike for every number of threads, for a product's rounding may depend on its shape.
        let cuts = Swift.stride(from: 0, to: count, by: Self.outputsPerCut).map {
          $0..<min($0 + Self.outputsPerCut, count)
        }
        concurrently(cuts.count, threads: threads) { cut, _ in
          let outputs = cuts[cut]
          BLAS.multiply(
            BLAS.Matrix(start: x + first, stride: inputs),
            BLAS.Matrix(start: restored + outputs.lowerBound, stride: count),
            into: out + outputs.lowerBound, stride: stride,
            m: rows, n: outputs.count, k: taken.count, adding: adding || first > 0)
        }
      }
    }
  }

  /// Weights that are restored at a time: so many that packing the activations for each product with
  /// them is a small part of it.
  private static let restoredWeightCount = 1 << 19
  /// The same for few rows of activations, which need no packing: what the second-level cache holds.
  private static let fewRowsWeightCount = 1 << 16
  /// Outputs of a product that several threads share.
  private static let outputsPerCut = 256

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
