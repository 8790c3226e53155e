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
  options: VerificationOptions = VerificationOptions(), progress: WindowProgress = { _, _ in }
) throws -> Verification {
  var verifier = try Verifier(
    original: original, candidate: candidate, tokens: tokens, options: options.perplexity)
  try verifier.run(progress)
  return Verification(verifier.comparisons, seconds: verifier.seconds, options: options)
}

/// Two models, walked through the windows of a text side by side.
struct Verifier {
  private let original: OutputHead
  private let candidate: OutputHead
  private let windows: [Window]
  private let options: PerplexityOptions
  private let clock = ContinuousClock()
  /// What the windows done so far say.
  private(set) var comparisons: [WindowComparison] = []
  /// Seconds that each side's own evaluation took; comparing is counted with neither.
  private(set) var seconds = (original: 0.0, candidate: 0.0)

  init(
    original: any LanguageModel, candidate: any LanguageModel, tokens: [Int32],
    options: PerplexityOptions
  ) throws(VerificationError) {
    guard original.vocabularySize == candidate.vocabularySize else {
      throw .vocabulariesDiffer(
        original: original.vocabularySize, candidate: candidate.vocabularySize)
    }
    windows = try options.windows(
      of: tokens, modelContext: min(original.contextLength, candidate.contextLength))
    let rows = windows[0].predicting.count
    self.original = OutputHead(of: original, rows: rows)
    self.candidate = OutputHead(of: candidate, rows: rows)
    self.options = options
  }

  mutating func run(_ progress: WindowProgress) throws {
    try progress(0, windows.count)
    let kept = original.model.layerCount + 4
    for batch in WindowBatches.cut(windows, for: original.model, statesPerPosition: kept) {
      try compare(batch)
      try progress(comparisons.count, windows.count)
    }
  }

  private mutating func compare(_ batch: [Window]) throws {
    let tokens = batch.map(\.tokens)
    var layers = LayerEnergies(windowCount: batch.count, threads: options.threads)
    let start = clock.now
    let originalStates = try original.model.hiddenStates(of: tokens) { layers.keep($1) }
    let middle = clock.now
    let candidateStates = try candidate.model.hiddenStates(of: tokens) { layers.compare($0, $1) }
    seconds.original += (middle - start) / .seconds(1)
    seconds.candidate += (clock.now - middle) / .seconds(1)
    let correspond =
      original.model.layerCount == candidate.model.layerCount
      && original.model.hiddenSize == candidate.model.hiddenSize
    for (place, window) in batch.enumerated() {
      var comparison = try compare(window, at: place, originalStates, candidateStates)
      if correspond { comparison.layers = layers.energies[place] }
      comparisons.append(comparison)
    }
  }

  /// Compares the predictions for one window, which stands at `place` in its batch.
  private mutating func compare(
    _ window: Window, at place: Int, _ originalStates: [Float], _ candidateStates: [Float]
  ) throws -> WindowComparison {
    var comparison = WindowComparison(index: window.index, count: window.scored.count)
    let firstRow = place * window.tokens.count
    for positions in window.predicting.pieces(of: original.rowLimit) {
      let rows = firstRow + positions.lowerBound..<firstRow + positions.upperBound
      let start = clock.now
      let p = try original.logits(of: originalStates, rows: rows)
      let middle = clock.now
      let q = try candidate.logits(of: candidateStates, rows: rows)
      seconds.original += (middle - start) / .seconds(1)
      seconds.candidate += (clock.now - middle) / .seconds(1)
      let width = original.model.vocabularySize
      let scores = mapRows(rows.count, threads: options.threads) { row in
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
