// SPDX-License-Identifier: Apache-2.0

/// Angles and biases of the positions that an evaluation meets, made once and used by every layer.
struct PositionTables {
  /// How many positions there are.
  let length: Int
  /// The biases of each head and position of a key; see ``LinearBias/table(windowLength:)``.
  private let biasTables: [LinearBias: FloatBuffer]
  private let embeddings: Set<RotaryEmbedding>
  private let rounding: Rounding
  private var rotaryTables: [RotaryKey: RotaryTable] = [:]

  /// Which texts share a table.
  private struct RotaryKey: Hashable {
    var embedding: RotaryEmbedding
    var frequencyLength: Int

    init(_ embedding: RotaryEmbedding, textLength: Int) {
      self.embedding = embedding
      frequencyLength = embedding.frequencyLength(ofText: textLength)
    }
  }

  var byteCount: Int {
    rotaryTables.values.reduce(0) { $0 + $1.byteCount }
      + biasTables.values.reduce(0) { $0 + $1.byteCount }
  }

  /// - Parameter textLengths: the lengths of the texts that are evaluated first.
  init(for architecture: Architecture, length: Int, textLengths: Set<Int>) {
    self.length = length
    rounding = architecture.compute.rounding
    embeddings = Set(
      architecture.layers.compactMap(\.attention.position.rotaryEmbedding))
    var biasTables: [LinearBias: FloatBuffer] = [:]
    for attention in architecture.layers.map(\.attention) {
      guard let bias = attention.position.linearBias, biasTables[bias] == nil else { continue }
      let table = FloatBuffer(bias.table(windowLength: length))
      if attention.rounding.contains(.biased) { rounding.round(table.base, count: table.count) }
      biasTables[bias] = table
    }
    self.biasTables = biasTables
    prepare(for: textLengths)
  }

  /// Makes the tables that texts of these lengths need, and drops all others.
  mutating func prepare(for textLengths: Set<Int>) {
    var needed: [RotaryKey: RotaryTable] = [:]
    for embedding in embeddings {
      for textLength in textLengths {
        let key = RotaryKey(embedding, textLength: textLength)
        guard needed[key] == nil else { continue }
        needed[key] =
          rotaryTables[key]
          ?? RotaryTable(
            embedding, length: length, textLength: textLength, rounding: rounding)
      }
    }
    rotaryTables = needed
  }

  /// The angles of one embedding in a text of a length, both of which must have been prepared.
  func rotaryTable(_ embedding: RotaryEmbedding, textLength: Int) -> RotaryTable {
    guard let table = rotaryTables[RotaryKey(embedding, textLength: textLength)] else {
      preconditionFailure("the angles of a text of \(textLength) tokens were not prepared")
    }
    return table
  }

  /// The biases of one head for each position of a key, or nil where its attention has none.
  ///
  /// - Parameter end: the position behind the last key.
  func biases(of attention: Attention, head: Int, end: Int) -> UnsafePointer<Float>? {
    guard let bias = attention.position.linearBias, let table = biasTables[bias] else {
      return nil
    }
    // Where biases count from the end, it is the last key's place that the table's last is for.
    return UnsafePointer(table.base + head * length + (bias.countsFromEnd ? length - end : 0))
  }
}
