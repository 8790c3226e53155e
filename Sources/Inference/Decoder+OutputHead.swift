// SPDX-License-Identifier: Apache-2.0

extension Decoder {
  /// Applies the last norm to hidden states in place.
  func finish(_ states: UnsafeMutablePointer<Float>, batch: Batch) {
    guard let norm = architecture.finalNorm else { return }
    concurrently(batch.tiles.count, threads: threads) { tile, _ in
      let rows = batch.tiles[tile].rows
      let start = states + rows.lowerBound * hiddenSize
      normalize(norm, start, rows: rows.count, count: hiddenSize, into: start)
    }
  }

  /// Makes logits of final hidden states.
  ///
  /// - Parameters:
  ///   - states: rows of `hiddenSize`.
  ///   - logits: receives as many rows of `vocabularySize`.
  /// - Throws: the source's error, where weights are read now.
  func logits(
    of states: UnsafeBufferPointer<Float>, into logits: UnsafeMutableBufferPointer<Float>
  ) throws {
    let rowCount = states.count / hiddenSize
    precondition(logits.count >= rowCount * vocabularySize, "too little room for the logits")
    guard rowCount > 0, let states = states.baseAddress, let logits = logits.baseAddress else {
      return
    }
    // The head has no positions, so the rows are cut as those of one window would be.
    let batch = Batch(windowCount: 1, windowLength: rowCount)
    let head = architecture.head
    let narrow = head.reduction.map { reduced(states, by: $0, batch: batch) }
    let x = narrow.map { UnsafePointer($0.base) } ?? states
    if productRule != .dense, rowCount <= ProductKernels.stateLimit {
      project(head.projection, x, rows: rowCount, into: logits, stride: vocabularySize)
      if let cap = head.softCap {
        math.softCap(logits, count: rowCount * vocabularySize, scale: 1, cap: cap)
      }
      withExtendedLifetime(narrow) {}
      return try weights.rethrow()
    }
    let slabs = weights.slabs(of: head.projection.weight)
    // Slabs as well as tiles, for there may be one tile only and the head is often the largest matrix.
    concurrently(batch.tiles.count * slabs.count, threads: threads) { index, _ in
      let (slab, tile) = index.quotientAndRemainder(dividingBy: batch.tiles.count)
      let rows = batch.tiles[tile].rows
      let out = logits + rows.lowerBound * vocabularySize
      project(
        head.projection, slab: slab, x + rows.lowerBound * head.projection.inputSize,
        rows: rows.count, into: out, stride: vocabularySize)
      if let cap = head.softCap {
        for row in 0..<rows.count {
          math.softCap(
            out + row * vocabularySize + slabs[slab].lowerBound, count: slabs[slab].count, scale: 1,
            cap: cap)
        }
      }
    }
    withExtendedLifetime(narrow) {}
    try weights.rethrow()
  }

  /// The narrower states that the output projection reads.
  private func reduced(
    _ states: UnsafePointer<Float>, by reduction: Projection, batch: Batch
  ) -> FloatBuffer {
    let narrow = FloatBuffer(count: batch.rowCount * reduction.outputSize)
    concurrently(batch.tiles.count, threads: threads) { tile, _ in
      let rows = batch.tiles[tile].rows
      project(
        reduction, states + rows.lowerBound * hiddenSize, rows: rows.count,
        into: narrow.base + rows.lowerBound * reduction.outputSize, stride: reduction.outputSize)
    }
    return narrow
  }
}
