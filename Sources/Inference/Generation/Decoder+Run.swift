// SPDX-License-Identifier: Apache-2.0

extension Decoder {
  /// Takes a batch through all layers; the last norm is left to those rows that need it.
  ///
  /// - Parameters:
  ///   - ids: one for each row.
  ///   - states: receives `batch.rowCount * hiddenSize` numbers.
  /// - Throws: the source's error, where weights are read now.
  func run(_ ids: [Int32], batch: Batch, workspace: Workspace, states: FloatBuffer) throws {
    try embed(ids, into: states.base, batch: batch)
    for layer in architecture.layers.indices {
      run(layer, on: states.base, batch: batch, workspace: workspace)
    }
    try weights.rethrow()
  }
}
