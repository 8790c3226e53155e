// SPDX-License-Identifier: Apache-2.0

import Tensors

/// The one decoder: runs any ``Architecture`` with fp32 activations and fp32 accumulation.
///
/// Results don't depend on the number of threads or on which windows share a batch; see ``Batch``.
package final class Decoder: LanguageModel {
  let architecture: Architecture
  let weights: WeightStore
  let threads: Int
  let math: VectorMath

  /// Checks the model against its `config.json`, then loads all weights as fp32.
  ///
  /// - Parameter threads: how many threads evaluation may use; at least 1.
  /// - Throws: ``InferenceError`` where the model can't be run, or the source's own error.
  package init(_ source: any ModelSource, threads: Int) throws {
    math = try VectorMath()
    architecture = try Architecture(of: source)
    try architecture.validate(against: source)
    self.threads = max(threads, 1)
    weights = try WeightStore(architecture.tensors, from: source, threads: self.threads)
    BLAS.singleThreaded
  }

  package var vocabularySize: Int { architecture.vocabularySize }
  package var hiddenSize: Int { architecture.hiddenSize }
  package var layerCount: Int { architecture.layers.count }
  package var contextLength: Int { architecture.contextLength }

  package func hiddenStates(
    of windows: [[Int32]],
    observe: ((_ index: Int, _ states: UnsafeBufferPointer<Float>) throws -> Void)?
  ) throws -> [Float] {
    let batch = try checkedBatch(of: windows)
    let count = batch.rowCount * hiddenSize
    return try [Float](unsafeUninitializedCapacity: count) { buffer, initializedCount in
      guard let states = buffer.baseAddress else { return }
      let workspace = Workspace(for: architecture, batch: batch, workers: threads)
      embed(windows, into: states, batch: batch, workspace: workspace)
      initializedCount = count
      try observe?(0, UnsafeBufferPointer(start: states, count: count))
      for (index, layer) in architecture.layers.enumerated() {
        run(layer, on: states, batch: batch, workspace: workspace)
        try observe?(index + 1, UnsafeBufferPointer(start: states, count: count))
      }
      guard let norm = architecture.finalNorm else { return }
      concurrently(batch.tileCount, threads: threads) { tile, _ in
        let rows = batch.rows(ofTile: tile)
        let start = states + rows.lowerBound * hiddenSize
        normalize(norm, start, rows: rows.count, count: hiddenSize, into: start)
      }
    }
  }

  package func logits(
    of states: UnsafeBufferPointer<Float>, into logits: UnsafeMutableBufferPointer<Float>
  ) throws {
    let rowCount = states.count / hiddenSize
    precondition(logits.count >= rowCount * vocabularySize, "too little room for the logits")
    guard let states = states.baseAddress, let logits = logits.baseAddress else { return }
    // The head has no positions, so the rows are cut as those of one window would be.
    let batch = Batch(windowCount: 1, windowLength: rowCount)
    concurrently(batch.tileCount, threads: threads) { tile, _ in
      let rows = batch.rows(ofTile: tile)
      read(
        states + rows.lowerBound * hiddenSize, rows: rows.count,
        into: logits + rows.lowerBound * vocabularySize)
    }
  }

  private func checkedBatch(of windows: [[Int32]]) throws -> Batch {
    let length = windows.first?.count ?? 0
    for window in windows {
      guard window.count == length, length > 0 else {
        throw InferenceError.unequalWindows(expected: length, found: window.count)
      }
      for id in window where id < 0 || Int(id) >= vocabularySize {
        throw InferenceError.tokenOutsideVocabulary(id: id, vocabularySize: vocabularySize)
      }
    }
    guard length <= contextLength else {
      throw InferenceError.windowTooLong(length: length, limit: contextLength)
    }
    return Batch(windowCount: windows.count, windowLength: length)
  }
}
