// SPDX-License-Identifier: Apache-2.0

/// Windows on their way through a ``Decoder``.
final class DecoderEvaluation: Evaluation {
  private let decoder: Decoder
  private let batch: Batch
  private let windowLength: Int
  private let buffer: FloatBuffer
  /// The batches that go through a layer one after the other, by their windows.
  private let steps: [Range<Int>]
  private let workspace: Workspace
  private var nextLayer = 0
  /// The decoder with its head in memory, once all layers are done.
  private var head: Decoder?

  init(of windows: [[Int32]], by decoder: Decoder) throws {
    self.decoder = decoder
    batch = try decoder.checkedBatch(of: windows)
    windowLength = windows.first?.count ?? 0
    buffer = FloatBuffer(count: batch.rowCount * decoder.hiddenSize)
    let size = decoder.turns?.windowsPerStep ?? max(1, windows.count)
    steps = stride(from: 0, to: windows.count, by: size).map {
      $0..<min($0 + size, windows.count)
    }
    workspace = Workspace(
      for: decoder.architecture,
      batch: Batch(
        windowCount: min(size, windows.count), windowLength: windowLength,
        tiling: decoder.architecture.compute.tiling),
      workers: decoder.threads)
    try decoder.embed(Array(windows.joined()), into: buffer.base, batch: batch)
  }

  var states: UnsafeBufferPointer<Float> { UnsafeBufferPointer(buffer.all) }

  func advance() throws {
    let index = nextLayer
    let stage = try decoder.stage(for: decoder.architecture.layers[index].tensors, of: .layer)
    nextLayer += 1
    decoder.announceLayer(nextLayer)
    for windows in steps {
      let part = Batch(
        windowCount: windows.count, windowLength: windowLength,
        tiling: decoder.architecture.compute.tiling)
      let start = buffer.base + windows.lowerBound * windowLength * decoder.hiddenSize
      stage.run(index, on: start, batch: part, workspace: workspace)
    }
    try stage.weights.rethrow()
  }

  func finish() throws {
    let architecture = decoder.architecture
    let stage = try decoder.stage(for: architecture.lastTensors, of: .head)
    stage.finish(buffer.base, batch: batch)
    try stage.weights.rethrow()
    head = stage
  }

  func logits(of rows: Range<Int>, into logits: UnsafeMutableBufferPointer<Float>) throws {
    guard let head else { preconditionFailure("logits are asked for before the end") }
    let width = decoder.hiddenSize
    let range = rows.lowerBound * width..<rows.upperBound * width
    try head.logits(of: UnsafeBufferPointer(rebasing: states[range]), into: logits)
  }
}
