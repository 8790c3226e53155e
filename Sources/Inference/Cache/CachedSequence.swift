// SPDX-License-Identifier: Apache-2.0

/// The keys and values of one sequence's tokens in every layer.
///
/// One thread reserves room and shares blocks; several may store and read at places of their own.
final class CachedSequence {
  private let pool: BlockPool
  /// One for each layer.
  private let shapes: [KeyValueShape]
  private var tables: [BlockTable]
  /// How many tokens have all their keys and values stored.
  private(set) var count = 0

  init(_ shapes: [KeyValueShape], in pool: BlockPool) {
    self.shapes = shapes
    self.pool = pool
    tables = Array(repeating: BlockTable(), count: shapes.count)
  }

  deinit { clear() }

  /// Makes room for the first `newCount` tokens.
  ///
  /// A block that another sequence has too is copied before tokens are added to it.
  /// - Throws: ``InferenceError/cacheExhausted(limit:)``; what was reserved so far stays.
  func reserve(_ newCount: Int) throws(InferenceError) {
    for layer in tables.indices {
      try tables[layer].reserve(newCount, used: count, from: pool)
    }
  }

  /// Counts the first `newCount` tokens as stored, and returns blocks that no later query sees.
  func advance(to newCount: Int) {
    count = newCount
    for (layer, shape) in shapes.enumerated() {
      guard let window = shape.window else { continue }
      tables[layer].drop(before: newCount - window + 1, to: pool)
    }
  }

  /// Forgets all tokens.
  func clear() {
    for layer in tables.indices { tables[layer].clear(to: pool) }
    count = 0
  }

  /// A sequence that begins with the same `prefix` tokens and shares their blocks, or nil where a
  /// window has left tokens behind that its next query would see.
  func sharing(_ prefix: Int) -> CachedSequence? {
    guard prefix <= count else { return nil }
    for (table, shape) in zip(tables, shapes) {
      let first = shape.window.map { max(0, prefix - $0 + 1) } ?? 0
      guard prefix == 0 || table.holds(from: first) else { return nil }
    }
    let other = CachedSequence(shapes, in: pool)
    other.tables = tables.map { $0.shared(prefix, in: pool) }
    other.count = prefix
    return other
  }

  /// Copies the keys and values of one token of a layer, all heads side by side, to their places.
  func store(
    keys: UnsafePointer<Float>, values: UnsafePointer<Float>, layer: Int, position: Int
  ) {
    let shape = shapes[layer]
    let block = pool[tables[layer].block(of: position)]
    let slot = position % BlockPool.tokenCount
    for head in 0..<shape.headCount {
      let row = head * BlockPool.tokenCount + slot
      (block + row * shape.keySize).update(
        from: keys + head * shape.keySize, count: shape.keySize)
      (block + shape.valueOffset + row * shape.valueSize).update(
        from: values + head * shape.valueSize, count: shape.valueSize)
    }
  }

  /// The keys and values of one head of a layer at some positions, a run for each block.
  func runs(layer: Int, head: Int, positions: Range<Int>) -> [KeyValueRun] {
    let shape = shapes[layer]
    let size = BlockPool.tokenCount
    return (positions.lowerBound / size...(positions.upperBound - 1) / size).map { index in
      let part = positions.clamped(to: index * size..<(index + 1) * size)
      let block = pool[tables[layer].block(of: part.lowerBound)]
      let row = head * size + part.lowerBound % size
      return KeyValueRun(
        count: part.count,
        keys: BLAS.Matrix(start: block + row * shape.keySize, stride: shape.keySize),
        values: BLAS.Matrix(
          start: block + shape.valueOffset + row * shape.valueSize, stride: shape.valueSize))
    }
  }
}
