// SPDX-License-Identifier: Apache-2.0

extension LanguageModel {
  /// Checks that rows of logits hold neither NaN nor infinity.
  ///
  /// - Parameters:
  ///   - logits: whole rows of `vocabularySize`.
  ///   - firstRow: the index of the first row among all rows of all windows, which are one after
  ///     the other.
  ///   - windowLength: rows per window.
  /// - Throws: ``InferenceError/nonFiniteLogit(window:position:)`` for the first such row.
  package func requireFinite(
    _ logits: UnsafeBufferPointer<Float>, firstRow: Int, windowLength: Int
  ) throws {
    for row in 0..<logits.count / vocabularySize {
      let start = row * vocabularySize
      guard logits[start..<start + vocabularySize].allSatisfy(\.isFinite) else {
        let (window, position) = (firstRow + row).quotientAndRemainder(dividingBy: windowLength)
        throw InferenceError.nonFiniteLogit(window: window, position: position)
      }
    }
  }
}
