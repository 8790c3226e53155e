// SPDX-License-Identifier: Apache-2.0

import Tensors

/// The one decoder: runs any ``Architecture`` with fp32 activations and fp32 accumulation.
///
/// Results don't depend on the number of threads, on which windows share a batch (see ``Batch``), or
/// on how much of the weights is in memory at a time (see ``WeightSlabs``).
package final class Decoder: LanguageModel {
  let architecture: Architecture
  let weights: WeightStore
  let threads: Int
  let math: VectorMath
  let products: ProductKernels
  /// Which products are computed.
  package let productRule: ProductRule
  /// How layers take turns in memory; nil where all weights are resident.
  let turns: LayerTurns?

  /// Checks the model against its `config.json`, then loads all weights.
  ///
  /// - Parameter threads: how many threads evaluation may use; at least 1.
  /// - Throws: ``InferenceError`` where the model can't be run, or the source's own error.
  package convenience init(
    _ source: any ModelSource, threads: Int, productRule: ProductRule = .dense
  ) throws {
    try self.init(RunnableModel(source), threads: threads, productRule: productRule)
  }

  /// Loads all weights; or none, and each layer, as fp32, when its turn comes.
  ///
  /// - Parameters:
  ///   - threads: how many threads evaluation may use; at least 1.
  ///   - turns: how layers take turns in memory; nil loads all weights.
  ///   - slabWeightLimit: see ``WeightSlabs``; nil for the turns' own.
  ///   - productRule: which products are computed.
  /// - Throws: ``InferenceError``, or the source's own error.
  package init(
    _ model: RunnableModel, threads: Int, turns: LayerTurns? = nil, slabWeightLimit: Int? = nil,
    productRule: ProductRule = .dense
  ) throws {
    math = try VectorMath()
    products = try ProductKernels()
    self.productRule = productRule
    architecture = model.architecture
    self.threads = max(threads, 1)
    self.turns = turns
    weights = try WeightStore(
      turns == nil ? architecture.tensors : [], from: model.source, threads: self.threads,
      slabWeightLimit: slabWeightLimit ?? turns?.slabWeightLimit ?? WeightSlabs.weightLimit,
      form: productRule == .dense ? .restored : .stored)
    BLAS.singleThreaded
  }

  /// The same decoder with other weights in memory.
  init(_ other: Decoder, weights: WeightStore) {
    math = other.math
    products = other.products
    productRule = other.productRule
    architecture = other.architecture
    threads = other.threads
    turns = other.turns
    self.weights = weights
  }

  package var vocabularySize: Int { architecture.vocabularySize }
  package var hiddenSize: Int { architecture.hiddenSize }
  package var layerCount: Int { architecture.layers.count }
  package var contextLength: Int { architecture.contextLength }
  package var windowsPerEvaluation: Int? { turns?.windowsPerEvaluation }

  package func evaluation(of windows: [[Int32]]) throws -> any Evaluation {
    try DecoderEvaluation(of: windows, by: self)
  }

  /// Checks that the model knows all tokens.
  func check(_ ids: [Int32]) throws {
    for id in ids where id < 0 || Int(id) >= vocabularySize {
      throw InferenceError.tokenOutsideVocabulary(id: id, vocabularySize: vocabularySize)
    }
  }

  /// Checks that windows can be evaluated together.
  func checkedBatch(of windows: [[Int32]]) throws -> Batch {
    let length = windows.first?.count ?? 0
    for window in windows {
      guard window.count == length, length > 0 else {
        throw InferenceError.unequalWindows(expected: length, found: window.count)
      }
      try check(window)
    }
    guard length <= contextLength else {
      throw InferenceError.windowTooLong(length: length, limit: contextLength)
    }
    return Batch(windowCount: windows.count, windowLength: length)
  }
}
