// SPDX-License-Identifier: Apache-2.0

/// Memory for the intermediate results of batches, reused by every layer.
struct Workspace {
  /// What the largest batch asks for.
  struct Capacity {
    var rowCount: Int
    /// Rows of the longest segment.
    var segmentLength: Int
    /// Positions of the longest sequence.
    var length: Int
    /// How many workers can be busy with as many heads per segment.
    var tileCount: Int
    var segmentCount: Int
    /// Whether keys and values come from a cache.
    var isCached: Bool

    /// For windows, each of which is all there is of its sequence.
    init(for batch: Batch) {
      rowCount = batch.rowCount
      segmentLength = batch.longestSegment
      length = batch.longestSegment
      tileCount = batch.tiles.count
      segmentCount = batch.segments.count
      isCached = false
    }

    /// For cached sequences of up to `length` tokens, with segments of up to `segmentLength`.
    init(rowCount: Int, segmentLength: Int, length: Int, segmentCount: Int) {
      self.rowCount = rowCount
      self.segmentLength = segmentLength
      self.length = length
      self.segmentCount = segmentCount
      tileCount = segmentCount
      isCached = true
    }

    /// Rows of the largest tile.
    func tileLength(_ tiling: Batch.Tiling) -> Int {
      switch tiling {
      case .rows: min(Batch.rowTile, isCached ? rowCount : segmentLength)
      case .segments: segmentLength
      }
    }
  }

  /// Queries, keys and values of all rows side by side; see ``Attention/inputStride``.
  let attentionInput: FloatBuffer
  /// What the heads give; see ``Attention/outputStride``.
  let attentionOutput: FloatBuffer
  var positions: PositionTables
  /// One for each worker, large enough for any step's tile.
  private let scratch: [FloatBuffer]

  /// All of it.
  var byteCount: Int {
    (scratch + [attentionInput, attentionOutput]).reduce(positions.byteCount) {
      $0 + $1.byteCount
    }
  }

  init(for architecture: Architecture, batch: Batch, workers: Int) {
    self.init(for: architecture, capacity: Capacity(for: batch), workers: workers)
  }

  init(for architecture: Architecture, capacity: Capacity, workers: Int) {
    let attentions = architecture.layers.map(\.attention)
    attentionInput = FloatBuffer(
      count: capacity.rowCount * (attentions.map(\.inputStride).max() ?? 0))
    attentionOutput = FloatBuffer(
      count: capacity.rowCount * (attentions.map(\.outputStride).max() ?? 0))
    positions = PositionTables(
      for: architecture, length: capacity.length, textLengths: [capacity.length])

    let tile = capacity.tileLength(architecture.compute.tiling)
    let scores = min(Attention.queryTile, capacity.segmentLength) * capacity.length
    let gathered = attentions.map { $0.headSize + $0.valueSize }.max() ?? 0
    let inside = architecture.layers.map {
      max($0.attention.scratchWidth, $0.feedForward.scratchWidth)
    }
    let width = LayerTile.scratchWidth(
      ofStates: architecture.hiddenSize, inside: inside.max() ?? 0)
    let count = max(
      scores + (capacity.isCached ? gathered * capacity.length : 0), tile * width)
    let heads = attentions.map(\.headCount).max() ?? 0
    let busy = min(workers, max(capacity.tileCount, capacity.segmentCount * heads))
    scratch = (0..<busy).map { _ in FloatBuffer(count: count) }
  }

  func scratch(of worker: Int) -> UnsafeMutablePointer<Float> { scratch[worker].base }
}
