// SPDX-License-Identifier: Apache-2.0

import Foundation
import Inference

/// How well a model predicts a text.
package struct Perplexity: Sendable, Equatable {
  /// exp(``meanNLL``), see ``bounded(_:)``.
  package var perplexity: Double
  /// The mean negative log-likelihood of the scored tokens, in nats.
  package var meanNLL: Double
  /// The standard error of ``meanNLL`` over windows, in nats; nil (JSON `null`) where there is only
  /// one window.
  package var nllStandardError: Double?
  /// How many positions were scored.
  package var tokens: Int
  /// How many windows were evaluated.
  package var windows: Int
  /// Tokens per window, as asked for.
  package var context: Int
  /// The rule that says which positions were scored.
  package var scoring: PerplexityProtocol
  /// The arithmetic that the model was run with.
  package var compute: Compute
  /// What the evaluation took, in seconds of wall time.
  package var seconds: Double

  /// The standard error of ``perplexity`` by the delta method; nil where there is only one window.
  package var standardError: Double? { nllStandardError.map { $0 * perplexity } }

  /// Sums up windows; the order in which they were measured doesn't matter.
  ///
  /// - Parameter finished: at least one window.
  package init(_ finished: FinishedWindows<WindowScore>, options: PerplexityOptions) {
    let windows = finished.windows.sorted { $0.index < $1.index }
    self.init(
      windows.map { ($0.nll, $0.count) }, options: options, compute: options.compute,
      seconds: finished.seconds(of: 0))
  }

  /// Sums up windows.
  ///
  /// - Parameter sums: per window the sum of the negative log-likelihoods and their number.
  init(
    _ sums: [(sum: Double, count: Int)], options: PerplexityOptions, compute: Compute,
    seconds: Double
  ) {
    let nll = ClusteredMean(sums)
    meanNLL = nll.mean
    nllStandardError = nll.standardError
    perplexity = Self.bounded(nll.mean)
    tokens = sums.reduce(0) { $0 + $1.count }
    windows = sums.count
    context = options.context
    scoring = options.scoring
    self.compute = compute
    self.seconds = seconds
  }
}

extension Perplexity {
  /// exp(`exponent`), at most about 1e299: JSON has no infinity, and a model that is so wrong need not
  /// be told apart from one that is more so.
  static func bounded(_ exponent: Double) -> Double { exp(min(exponent, 690)) }
}

extension Perplexity: Codable {
  enum CodingKeys: String, CodingKey {
    case perplexity
    case meanNLL = "mean_nll"
    case nllStandardError = "nll_standard_error"
    case tokens, windows, context
    case scoring = "protocol"
    case compute, seconds
  }

  // Written out because the compiler's version leaves out keys whose value is nil.
  package func encode(to encoder: any Encoder) throws {
    var keys = encoder.container(keyedBy: CodingKeys.self)
    try keys.encode(perplexity, forKey: .perplexity)
    try keys.encode(meanNLL, forKey: .meanNLL)
    try keys.encode(nllStandardError, forKey: .nllStandardError)
    try keys.encode(tokens, forKey: .tokens)
    try keys.encode(windows, forKey: .windows)
    try keys.encode(context, forKey: .context)
    try keys.encode(scoring, forKey: .scoring)
    try keys.encode(compute, forKey: .compute)
    try keys.encode(seconds, forKey: .seconds)
  }
}
