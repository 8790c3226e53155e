// SPDX-License-Identifier: Apache-2.0

import Inference

/// Measures how well a model predicts a text.
///
/// - Parameters:
///   - tokens: the whole text, tokenized once with the tokenizer's own special-token rule.
///   - progress: see ``WindowProgress``.
/// - Throws: ``VerificationError``, the model's own errors, and whatever `progress` throws.
/// - Complexity: memory for one batch of windows and 64 MB of logits, whatever the text's length.
package func measurePerplexity(
  of model: any LanguageModel, tokens: [Int32], options: PerplexityOptions = PerplexityOptions(),
  progress: WindowProgress = { _, _ in }
) throws -> Perplexity {
  let clock = ContinuousClock()
  let start = clock.now
  let windows = try options.windows(of: tokens, modelContext: model.contextLength)
  let head = OutputHead(of: model, rows: windows[0].predicting.count)
  var sums: [(sum: Double, count: Int)] = []
  try progress(0, windows.count)
  for batch in WindowBatches.cut(windows, for: model, statesPerPosition: 2) {
    let states = try model.hiddenStates(of: batch.map(\.tokens), observe: nil)
    for (place, window) in batch.enumerated() {
      sums.append(try score(window, at: place, of: states, head: head, threads: options.threads))
    }
    try progress(sums.count, windows.count)
  }
  return Perplexity(sums, options: options, seconds: (clock.now - start) / .seconds(1))
}

/// The sum of negative log-likelihoods of one window.
///
/// - Parameters:
///   - place: the window's place in its batch.
///   - states: the final hidden states of the batch.
private func score(
  _ window: Window, at place: Int, of states: [Float], head: OutputHead, threads: Int
) throws -> (sum: Double, count: Int) {
  let width = head.model.vocabularySize
  let firstRow = place * window.tokens.count
  var sum = 0.0
  for positions in window.predicting.pieces(of: head.rowLimit) {
    let logits = try head.logits(
      of: states, rows: firstRow + positions.lowerBound..<firstRow + positions.upperBound)
    let scores = mapRows(positions.count, threads: threads) { row in
      -LogitRow(logits.row(row, width: width))
        .logProbability(of: window.tokens[positions.lowerBound + row + 1])
    }
    for (row, score) in scores.enumerated() {
      guard score.isFinite else {
        throw VerificationError.logitsNotFinite(
          side: .model, window: window.index, position: positions.lowerBound + row)
      }
      sum += score
    }
  }
  return (sum, window.scored.count)
}
