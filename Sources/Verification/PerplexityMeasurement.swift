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
  progress: @escaping WindowProgress = { _, _ in }
) throws -> Perplexity {
  let windows = try options.windows(of: tokens, modelContext: model.contextLength)
  return Perplexity(
    try scoreWindows(windows, by: model, options: options, progress: progress), options: options)
}

/// Scores the windows of a text that are not finished yet.
///
/// - Parameters:
///   - windows: at least one.
///   - finished: what an earlier run did; its windows are left out.
///   - keep: see ``WindowKeeping``.
/// - Returns: all of them, finished.
package func scoreWindows(
  _ windows: [Window], by model: any LanguageModel, options: PerplexityOptions,
  after finished: FinishedWindows<WindowScore> = FinishedWindows(),
  keep: WindowKeeping<WindowScore> = { _ in }, progress: @escaping WindowProgress = { _, _ in }
) throws -> FinishedWindows<WindowScore> {
  let clock = ContinuousClock()
  var finished = finished
  var steps = EvaluationProgress(windows, finished.windows.map(\.index), progress)
  try steps.show()
  let head = OutputHead(of: model, rows: windows.first?.predicting.count ?? 1)
  for batch in WindowBatches.cut(steps.remaining, for: [model]) {
    let start = clock.now
    steps.begin(batch.count, steps: model.layerCount + 1)
    let evaluation = try model.finishedEvaluation(of: batch.map(\.tokens)) { index, _ in
      if index > 0 { try steps.advance() }
    }
    for (place, window) in batch.enumerated() {
      finished.windows.append(
        try score(window, at: place, of: evaluation, head: head, threads: options.threads))
    }
    finished.seconds = [finished.seconds(of: 0) + (clock.now - start) / .seconds(1)]
    try keep(finished)
    try steps.end()
  }
  return finished
}

/// The sum of negative log-likelihoods of one window.
///
/// - Parameter place: the window's place in its batch.
private func score(
  _ window: Window, at place: Int, of evaluation: any Evaluation, head: OutputHead, threads: Int
) throws -> WindowScore {
  let width = head.model.vocabularySize
  let firstRow = place * window.tokens.count
  var sum = 0.0
  for positions in window.predicting.pieces(of: head.rowLimit) {
    let logits = try head.logits(
      of: evaluation, rows: firstRow + positions.lowerBound..<firstRow + positions.upperBound)
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
  return WindowScore(index: window.index, count: window.scored.count, nll: sum)
}
