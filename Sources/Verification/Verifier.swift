// SPDX-License-Identifier: Apache-2.0

import Foundation
import Inference

/// What a verification measures on, and when it is satisfied.
package struct VerificationOptions: Sendable, Equatable {
  /// How the text is cut and scored.
  package var perplexity: PerplexityOptions
  /// What the candidate may lose.
  package var limits: LimitSet

  package init(
    perplexity: PerplexityOptions = PerplexityOptions(), limits: LimitSet = LimitSet()
  ) {
    self.perplexity = perplexity
    self.limits = limits
  }
}

/// Runs two models on the same tokens and compares what they predict.
///
/// - Parameters:
///   - tokens: the whole text, tokenized once with the original's tokenizer.
///   - progress: see ``WindowProgress``.
/// - Throws: ``VerificationError``, the models' own errors, and whatever `progress` throws.
/// - Complexity: memory for the hidden states of one batch of windows and twice 64 MB of logits,
///   plus eight bytes per scored position.
package func verify(
  original: any LanguageModel, candidate: any LanguageModel, tokens: [Int32],
  options: VerificationOptions = VerificationOptions(),
  progress: @escaping WindowProgress = { _, _ in }
) throws -> Verification {
  try requireOneVocabulary(original.vocabularySize, candidate.vocabularySize)
  let context = min(original.contextLength, candidate.contextLength)
  let finished = try compareWindows(
    options.perplexity.windows(of: tokens, modelContext: context), original: original,
    candidate: candidate, options: options.perplexity, progress: progress)
  return Verification(finished, options: options)
}

/// Checks that two models' distributions can be compared at all.
///
/// - Throws: ``VerificationError/vocabulariesDiffer(original:candidate:)``.
package func requireOneVocabulary(
  _ original: Int, _ candidate: Int
) throws(VerificationError) {
  guard original == candidate else {
    throw .vocabulariesDiffer(original: original, candidate: candidate)
  }
}

/// Compares two models on the windows of a text that are not finished yet.
///
/// - Parameters:
///   - windows: at least one.
///   - finished: what an earlier run did; its windows are left out.
///   - keep: see ``WindowKeeping``.
/// - Returns: all of them, finished.
package func compareWindows(
  _ windows: [Window], original: any LanguageModel, candidate: any LanguageModel,
  options: PerplexityOptions,
  after finished: FinishedWindows<WindowComparison> = FinishedWindows(),
  keep: WindowKeeping<WindowComparison> = { _ in }, progress: @escaping WindowProgress = { _, _ in }
) throws -> FinishedWindows<WindowComparison> {
  var verifier = try Verifier(
    original: original, candidate: candidate, windows: windows, finished: finished,
    threads: options.threads)
  try verifier.run(keep, progress)
  return verifier.finished
}

/// Two models, walked through the windows of a text side by side, layer by layer.
private struct Verifier {
  private let original: OutputHead
  private let candidate: OutputHead
  private let windows: [Window]
  private let threads: Int
  private let clock = ContinuousClock()
  /// What the windows done so far say, and the seconds that each side's own evaluation took; comparing
  /// is counted with neither.
  private(set) var finished: FinishedWindows<WindowComparison>

  init(
    original: any LanguageModel, candidate: any LanguageModel, windows: [Window],
    finished: FinishedWindows<WindowComparison>, threads: Int
  ) throws(VerificationError) {
    try requireOneVocabulary(original.vocabularySize, candidate.vocabularySize)
    let rows = windows.first?.predicting.count ?? 1
    self.original = OutputHead(of: original, rows: rows)
    self.candidate = OutputHead(of: candidate, rows: rows)
    self.windows = windows
    self.threads = threads
    self.finished = finished
    self.finished.seconds = [finished.seconds(of: 0), finished.seconds(of: 1)]
  }

  mutating func run(
    _ keep: WindowKeeping<WindowComparison>, _ progress: @escaping WindowProgress
  ) throws {
    var steps = EvaluationProgress(windows, finished.windows.map(\.index), progress)
    try steps.show()
    for batch in WindowBatches.cut(steps.remaining, for: [original.model, candidate.model]) {
      try compare(batch, &steps)
      try keep(finished)
      try steps.end()
    }
  }

  private mutating func compare(_ batch: [Window], _ steps: inout EvaluationProgress) throws {
    let tokens = batch.map(\.tokens)
    let (model, other) = (original.model, candidate.model)
    let p = try timed(0) { try model.evaluation(of: tokens) }
    let q = try timed(1) { try other.evaluation(of: tokens) }
    let layerCount = max(model.layerCount, other.layerCount)
    let correspond =
      model.layerCount == other.layerCount && model.hiddenSize == other.hiddenSize
    var layers = LayerEnergies(windowCount: batch.count, threads: threads)
    if correspond { layers.compare(p.states, q.states) }
    steps.begin(batch.count, steps: layerCount + 1)
    for layer in 0..<layerCount {
      if layer < model.layerCount { try timed(0) { try p.advance() } }
      if layer < other.layerCount { try timed(1) { try q.advance() } }
      if correspond { layers.compare(p.states, q.states) }
      try steps.advance()
    }
    try timed(0) { try p.finish() }
    try timed(1) { try q.finish() }
    for (place, window) in batch.enumerated() {
      var comparison = try compare(window, at: place, p, q)
      comparison.layers = layers.energies[place]
      finished.windows.append(comparison)
    }
  }

  /// Compares the predictions for one window, which stands at `place` in its batch.
  private mutating func compare(
    _ window: Window, at place: Int, _ original: any Evaluation, _ candidate: any Evaluation
  ) throws -> WindowComparison {
    var comparison = WindowComparison(index: window.index, count: window.scored.count)
    let firstRow = place * window.tokens.count
    let (head, other) = (self.original, self.candidate)
    for positions in window.predicting.pieces(of: head.rowLimit) {
      let rows = firstRow + positions.lowerBound..<firstRow + positions.upperBound
      let p = try timed(0) { try head.logits(of: original, rows: rows) }
      let q = try timed(1) { try other.logits(of: candidate, rows: rows) }
      let width = head.model.vocabularySize
      let scores = mapRows(rows.count, threads: threads) { row in
        PositionScore(
          LogitRow(p.row(row, width: width)), LogitRow(q.row(row, width: width)),
          token: window.tokens[positions.lowerBound + row + 1])
      }
      for (score, position) in zip(scores, positions) {
        try score.check(window: window.index, position: position)
        comparison.add(score, at: position + 1, of: window)
      }
    }
    return comparison
  }

  /// Counts what `body` takes with one side.
  private mutating func timed<Result>(
    _ side: Int, _ body: () throws -> Result
  ) rethrows -> Result {
    let start = clock.now
    defer { finished.seconds[side] += (clock.now - start) / .seconds(1) }
    return try body()
  }
}

extension PositionScore {
  init(_ original: LogitRow, _ candidate: LogitRow, token: Int32) {
    let p = original.logProbability(of: token)
    let q = candidate.logProbability(of: token)
    originalNLL = -p
    candidateNLL = -q
    divergence = original.divergence(to: candidate)
    originalTop = original.top
    candidateTop = candidate.top
    probabilityChange = exp(q) - exp(p)
  }

  /// - Throws: ``VerificationError/logitsNotFinite(side:window:position:)`` where a figure of this
  ///   position is NaN or infinite.
  fileprivate func check(window: Int, position: Int) throws(VerificationError) {
    guard originalNLL.isFinite else {
      throw .logitsNotFinite(side: .original, window: window, position: position)
    }
    guard candidateNLL.isFinite, divergence.isFinite else {
      throw .logitsNotFinite(side: .candidate, window: window, position: position)
    }
  }
}
