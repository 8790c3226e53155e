// SPDX-License-Identifier: Apache-2.0

/// Memory for the intermediate results of one batch, reused by every layer.
struct Workspace {
  /// Queries, keys and values of all rows side by side; see ``Attention/inputStride``.
  let attentionInput: FloatBuffer
  /// What the heads give; see ``Attention/outputStride``.
  let attentionOutput: FloatBuffer
  private let rotaryTables: [RotaryEmbedding: RotaryTable]
  /// The biases of each head and position of a key; see ``LinearBias/table(windowLength:)``.
  private let biasTables: [LinearBias: FloatBuffer]
  private let windowLength: Int
  /// One for each worker, large enough for any step's tile.
  private let scratch: [FloatBuffer]

  /// All of it.
  var byteCount: Int {
    let buffers = scratch + [attentionInput, attentionOutput] + biasTables.values
    return buffers.reduce(rotaryTables.values.reduce(0) { $0 + $1.byteCount }) { $0 + $1.byteCount }
  }

  init(for architecture: Architecture, batch: Batch, workers: Int) {
    let attentions = architecture.layers.map(\.attention)
    attentionInput = FloatBuffer(
      count: batch.rowCount * (attentions.map(\.inputStride).max() ?? 0))
    attentionOutput = FloatBuffer(
      count: batch.rowCount * (attentions.map(\.outputStride).max() ?? 0))
    windowLength = batch.windowLength
    let positions = attentions.map(\.position)
    let embeddings = Set(positions.compactMap(\.rotaryEmbedding))
    rotaryTables = Dictionary(
      uniqueKeysWithValues: embeddings.map { ($0, RotaryTable($0, length: batch.windowLength)) })
    biasTables = Dictionary(
      uniqueKeysWithValues: Set(positions.compactMap(\.linearBias)).map { bias in
        (bias, FloatBuffer(bias.table(windowLength: batch.windowLength)))
      })

    let tile = min(Batch.rowTile, batch.windowLength)
    let scores = min(Attention.queryTile, batch.windowLength) * batch.windowLength
    let inside = architecture.layers.map {
      max($0.attention.scratchWidth, $0.feedForward.scratchWidth)
    }
    let width = LayerTile.scratchWidth(
      ofStates: architecture.hiddenSize, inside: inside.max() ?? 0)
    let count = max(scores, tile * width)
    let heads = attentions.map(\.headCount).max() ?? 0
    let busy = min(workers, max(batch.tileCount, batch.windowCount * heads))
    scratch = (0..<busy).map { _ in FloatBuffer(count: count) }
  }

  func scratch(of worker: Int) -> UnsafeMutablePointer<Float> { scratch[worker].base }

  /// The angles of one embedding, which must be one of the architecture's.
  func rotaryTable(_ embedding: RotaryEmbedding) -> RotaryTable {
    guard let table = rotaryTables[embedding] else {
      preconditionFailure("the embedding is no part of this architecture")
    }
    return table
  }

  /// The biases of one head for each position of a key, or nil where its attention has none.
  func biases(of attention: Attention, head: Int) -> UnsafePointer<Float>? {
    guard let bias = attention.position.linearBias, let table = biasTables[bias] else {
      return nil
    }
    return UnsafePointer(table.base + head * windowLength)
  }
}
