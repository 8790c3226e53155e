// SPDX-License-Identifier: Apache-2.0

import Foundation

/// How much a candidate differs from its original on one text.
///
/// Every standard error treats a window as one cluster, see ``ClusteredMean``, and is nil (JSON
/// `null`) where there is only one window.
package struct Verification: Sendable, Equatable {
  package var original: Perplexity
  package var candidate: Perplexity
  /// The candidate's perplexity divided by the original's, from the paired differences of the
  /// negative log-likelihoods; bounded as a perplexity is.
  package var perplexityRatio: Double
  /// By the delta method from the paired differences: what both models find hard cancels, so it is
  /// much smaller than the errors of the two perplexities.
  package var perplexityRatioStandardError: Double?
  package var divergence: Divergence
  /// The fraction of positions where both rank the same token first; of equal logits the lowest id.
  package var top1Agreement: Double
  package var top1AgreementStandardError: Double?
  /// The root mean square change of the true token's probability, as a fraction (llama.cpp's RMS Δp).
  package var rmsProbabilityChange: Double
  /// Empty where the two models' layers do not correspond.
  package var layers: [LayerError]
  /// What was allowed.
  package var limits: LimitSet
  /// True where the estimates lie within ``limits``, or none were set.
  package var withinLimits: Bool

  /// Sums up windows; the order in which they were measured doesn't matter.
  ///
  /// - Parameters:
  ///   - windows: at least one.
  ///   - seconds: what each side's evaluation took.
  package init(
    _ windows: [WindowComparison], seconds: (original: Double, candidate: Double),
    options: VerificationOptions
  ) {
    let windows = windows.sorted { $0.index < $1.index }
    let perplexity = options.perplexity
    original = Perplexity(
      windows.map { ($0.originalNLL, $0.count) }, options: perplexity,
      compute: perplexity.originalCompute, seconds: seconds.original)
    candidate = Perplexity(
      windows.map { ($0.candidateNLL, $0.count) }, options: perplexity,
      compute: perplexity.compute, seconds: seconds.candidate)

    let difference = ClusteredMean(windows.map { ($0.nllDifference, $0.count) })
    let ratio = Perplexity.bounded(difference.mean)
    perplexityRatio = ratio
    perplexityRatioStandardError = difference.standardError.map { $0 * ratio }
    divergence = Divergence(windows)

    let agreement = ClusteredMean(windows.map { (Double($0.agreements), $0.count) })
    top1Agreement = agreement.mean
    top1AgreementStandardError = agreement.standardError
    let change = ClusteredMean(windows.map { ($0.squaredProbabilityChange, $0.count) })
    rmsProbabilityChange = change.mean.squareRoot()

    layers = LayerError.all(windows)
    limits = options.limits
    withinLimits = limits.allow(ratio: ratio, divergence: divergence.mean)
  }

  /// Sums up the windows of a measurement, of which there must be at least one.
  package init(
    _ finished: FinishedWindows<WindowComparison>, options: VerificationOptions
  ) {
    self.init(
      finished.windows, seconds: (finished.seconds(of: 0), finished.seconds(of: 1)),
      options: options)
  }
}

extension Verification: Codable {
  enum CodingKeys: String, CodingKey {
    case original, candidate, layers, limits
    case perplexityRatio = "perplexity_ratio"
    case perplexityRatioStandardError = "perplexity_ratio_standard_error"
    case divergence = "kl_divergence"
    case top1Agreement = "top1_agreement"
    case top1AgreementStandardError = "top1_agreement_standard_error"
    case rmsProbabilityChange = "rms_probability_change"
    case withinLimits = "within_limits"
  }

  package func encode(to encoder: any Encoder) throws {
    var keys = encoder.container(keyedBy: CodingKeys.self)
    try keys.encode(original, forKey: .original)
    try keys.encode(candidate, forKey: .candidate)
    try keys.encode(perplexityRatio, forKey: .perplexityRatio)
    try keys.encode(perplexityRatioStandardError, forKey: .perplexityRatioStandardError)
    try keys.encode(divergence, forKey: .divergence)
    try keys.encode(top1Agreement, forKey: .top1Agreement)
    try keys.encode(top1AgreementStandardError, forKey: .top1AgreementStandardError)
    try keys.encode(rmsProbabilityChange, forKey: .rmsProbabilityChange)
    try keys.encode(layers, forKey: .layers)
    try keys.encode(limits, forKey: .limits)
    try keys.encode(withinLimits, forKey: .withinLimits)
  }
}
