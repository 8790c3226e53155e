// SPDX-License-Identifier: Apache-2.0

extension Architecture {
  /// What a cache keeps of a token instead of keys and values of all heads; nil where it keeps those.
  ///
  /// LLM.int8() is left out: there a product is that of all rows of a sequence at once.
  func latent(keptOf attention: Attention) -> LatentInput? {
    guard case .latent(let latent) = attention.input, compute != .llmInt8 else { return nil }
    return latent
  }
}

/// Attention to narrow states that a cache keeps, from which keys and values are made when they are
/// needed; or which are never made, for a product with a narrow state's image is one with the narrow
/// state itself. ("DeepSeek-V2", 2024, section 2.1.2.)
extension Decoder {
  /// Whether the rows of a batch leave narrow states in their caches.
  func keepsLatent(of attention: Attention, batch: Batch) -> Bool {
    batch.segments.first?.cache != nil && architecture.latent(keptOf: attention) != nil
  }

  /// - Parameters:
  ///   - scores: room for `queryTile * length` numbers.
  ///   - expanded: room for a key and a value of each position.
  func attend(
    _ rows: HeadRows, to latent: LatentInput, in cache: CachedSequence, layer: Int, head: Int,
    of segment: Batch.Segment, weighing: ScoreWeighing, scores: UnsafeMutablePointer<Float>,
    expanded: UnsafeMutablePointer<Float>
  ) {
    let attention = architecture.layers[layer].attention
    // What the reference rounds are keys and values. Else the way with fewer products is taken: to
    // make them for all positions, or to have wider queries and values.
    let plainSize = rows.keySize - latent.sharedKey.outputSize
    let wider = segment.rows.count * (latent.rank + latent.keptSize)
    if math.rounding == .none, wider < latent.rank * (plainSize + rows.valueSize) {
      attend(
        absorbing: rows, latent, head: head, of: segment
      ) { rows in
        attend(rows, attention, of: segment, weighing: weighing, scores: scores) {
          positions, _ in
          cache.runs(layer: layer, head: 0, positions: positions).map {
            KeyValueRun(count: $0.count, keys: $0.keys, values: $0.keys)
          }
        }
      }
      return
    }
    let first = attention.firstVisible(from: segment.firstPosition)
    let positions = first..<segment.positions.upperBound
    let values = expanded + positions.count * rows.keySize
    expand(
      cache.runs(layer: layer, head: 0, positions: positions), latent, rows, head: head,
      keys: expanded, values: values)
    attend(rows, attention, of: segment, weighing: weighing, scores: scores) { positions, _ in
      let place = positions.lowerBound - first
      return [
        KeyValueRun(
          count: positions.count,
          keys: BLAS.Matrix(start: expanded + place * rows.keySize, stride: rows.keySize),
          values: BLAS.Matrix(start: values + place * rows.valueSize, stride: rows.valueSize))
      ]
    }
  }

  /// Makes one head's keys and values of narrow states, in the order of the runs.
  private func expand(
    _ runs: [KeyValueRun], _ latent: LatentInput, _ rows: HeadRows, head: Int,
    keys: UnsafeMutablePointer<Float>, values: UnsafeMutablePointer<Float>
  ) {
    let sharedSize = latent.sharedKey.outputSize
    let plainSize = rows.keySize - sharedSize
    let count = runs.reduce(0) { $0 + $1.count }
    func project(
      _ projection: Projection, to size: Int, into out: UnsafeMutablePointer<Float>, stride: Int
    ) {
      weights.withRows(head * size..<(head + 1) * size, of: projection.weight) { weight in
        var place = 0
        for run in runs {
          BLAS.multiply(
            run.keys, transposed: BLAS.Matrix(start: weight, stride: latent.rank),
            into: out + place * stride, stride: stride, m: run.count, n: size, k: latent.rank)
          place += run.count
        }
      }
      math.rounding.round(out, rows: count, count: size, stride: stride)
    }
    project(latent.key, to: plainSize, into: keys + sharedSize, stride: rows.keySize)
    project(latent.value, to: rows.valueSize, into: values, stride: rows.valueSize)
    var place = 0
    for run in runs {
      for row in 0..<run.count {
        (keys + (place + row) * rows.keySize).update(
          from: run.keys.start + row * run.keys.stride + latent.rank, count: sharedSize)
      }
      place += run.count
    }
  }

  /// Calls `body` with queries that are multiplied with narrow states as they are kept and with a place
  /// for their weighted sums, and makes of those what the head gives.
  private func attend(
    absorbing rows: HeadRows, _ latent: LatentInput, head: Int, of segment: Batch.Segment,
    _ body: (HeadRows) -> Void
  ) {
    let (count, rank, sharedSize) = (segment.rows.count, latent.rank, latent.sharedKey.outputSize)
    let plainSize = rows.keySize - sharedSize
    let width = latent.keptSize + rank
    withUnsafeTemporaryAllocation(of: Float.self, capacity: count * width) { wide in
      guard let queries = wide.baseAddress else { return }
      let sums = queries + count * latent.keptSize
      weights.withRows(head * plainSize..<(head + 1) * plainSize, of: latent.key.weight) {
        BLAS.multiply(
          BLAS.Matrix(start: rows.queries.start + sharedSize, stride: rows.queries.stride),
          BLAS.Matrix(start: $0, stride: rank), into: queries, stride: latent.keptSize,
          m: count, n: rank, k: plainSize)
      }
      for row in 0..<count {
        (queries + row * latent.keptSize + rank).update(
          from: rows.queries.start + row * rows.queries.stride, count: sharedSize)
      }
      body(
        HeadRows(
          queries: BLAS.Matrix(start: queries, stride: latent.keptSize),
          keySize: latent.keptSize, output: sums, outputStride: rank, valueSize: rank))
      weights.withRows(
        head * rows.valueSize..<(head + 1) * rows.valueSize, of: latent.value.weight
      ) {
        BLAS.multiply(
          BLAS.Matrix(start: sums, stride: rank),
          transposed: BLAS.Matrix(start: $0, stride: rank), into: rows.output,
          stride: rows.outputStride, m: count, n: rows.valueSize, k: rank)
      }
    }
  }
}
