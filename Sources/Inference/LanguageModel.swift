// SPDX-License-Identifier: Apache-2.0

/// A model that turns token ids into logits, as verification sees it.
///
/// Evaluation is cut in two, so that nobody ever has to hold the logits of a whole window (512
/// positions × 128,000 entries is 262 MB): first the final hidden states, then the output head on as
/// many rows as the caller likes.
package protocol LanguageModel: Sendable {
  /// The number of logits per position.
  var vocabularySize: Int { get }
  /// The width of a hidden state.
  var hiddenSize: Int { get }
  /// The number of decoder layers.
  var layerCount: Int { get }
  /// The longest window that the model's positions cover.
  var contextLength: Int { get }

  /// Evaluates windows of equal length, each alone from position 0.
  ///
  /// - Parameters:
  ///   - windows: token ids, `T` per window.
  ///   - observe: called with the hidden state that enters layer 0 (`index` 0), then with what leaves
  ///     each layer (`index` 1 ... `layerCount`): `windows.count * T * hiddenSize` numbers, row-major,
  ///     valid during the call only.
  /// - Returns: the final hidden states after the last norm, `windows.count * T * hiddenSize`.
  /// - Throws: ``InferenceError`` where a token id is outside the vocabulary or a window too long.
  func hiddenStates(
    of windows: [[Int32]],
    observe: ((_ index: Int, _ states: UnsafeBufferPointer<Float>) throws -> Void)?
  ) throws -> [Float]

  /// Multiplies rows of final hidden states with the output head.
  ///
  /// - Parameters:
  ///   - states: `rows * hiddenSize` numbers.
  ///   - logits: receives `rows * vocabularySize` numbers.
  func logits(
    of states: UnsafeBufferPointer<Float>, into logits: UnsafeMutableBufferPointer<Float>
  ) throws
}
