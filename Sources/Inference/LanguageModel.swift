// SPDX-License-Identifier: Apache-2.0

/// A model that turns token ids into logits, as verification sees it.
package protocol LanguageModel: Sendable {
  /// The number of logits per position.
  var vocabularySize: Int { get }
  /// The width of a hidden state.
  var hiddenSize: Int { get }
  /// The number of decoder layers.
  var layerCount: Int { get }
  /// The longest window that the model's positions cover.
  var contextLength: Int { get }
  /// How many windows should be evaluated together because each evaluation reads all weights; nil
  /// where the weights are in memory.
  var windowsPerEvaluation: Int? { get }

  /// Embeds windows of equal length, each of which is evaluated alone from position 0.
  ///
  /// - Parameter windows: token ids, `T` per window.
  /// - Throws: ``InferenceError`` where a token id is outside the vocabulary or a window too long.
  func evaluation(of windows: [[Int32]]) throws -> any Evaluation
}

/// Windows on their way through a model, one layer at a time.
///
/// So two models can be walked side by side and compared after each layer, while only one state per
/// position is kept of each; and a model need not have more than one layer in memory. It belongs to
/// one thread. Models that share an arena must all have left the last layer before one is finished.
package protocol Evaluation: AnyObject {
  /// The hidden states: `windows.count * T * hiddenSize` numbers, row-major, valid until the next call
  /// of one of the functions below.
  var states: UnsafeBufferPointer<Float> { get }

  /// Runs the next layer; called `layerCount` times.
  func advance() throws

  /// Applies the last norm, after all layers, and gets the output head ready.
  func finish() throws

  /// Multiplies rows of the final hidden states with the output head.
  ///
  /// Cut from the states so that nobody ever has to hold the logits of a whole window (512 positions
  /// × 128,000 entries is 262 MB).
  /// - Parameter logits: receives `rows.count * vocabularySize` numbers.
  func logits(of rows: Range<Int>, into logits: UnsafeMutableBufferPointer<Float>) throws
}

extension LanguageModel {
  package var windowsPerEvaluation: Int? { nil }

  /// Evaluates windows of equal length completely.
  ///
  /// - Parameter observe: called with the hidden state that enters layer 0 (`index` 0), then with what
  ///   leaves each layer (`index` 1 ... `layerCount`), valid during the call only.
  /// - Returns: the evaluation, finished.
  /// - Throws: what ``evaluation(of:)`` and `observe` throw.
  package func finishedEvaluation(
    of windows: [[Int32]],
    observe: ((_ index: Int, _ states: UnsafeBufferPointer<Float>) throws -> Void)? = nil
  ) throws -> any Evaluation {
    let evaluation = try evaluation(of: windows)
    try observe?(0, evaluation.states)
    for index in 0..<layerCount {
      try evaluation.advance()
      try observe?(index + 1, evaluation.states)
    }
    try evaluation.finish()
    return evaluation
  }

  /// The final hidden states of windows of equal length.
  package func hiddenStates(
    of windows: [[Int32]],
    observe: ((_ index: Int, _ states: UnsafeBufferPointer<Float>) throws -> Void)?
  ) throws -> [Float] {
    let evaluation = try finishedEvaluation(of: windows, observe: observe)
    return withExtendedLifetime(evaluation) { Array($0.states) }
  }
}
