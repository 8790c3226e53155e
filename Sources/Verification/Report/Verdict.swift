// SPDX-License-Identifier: Apache-2.0

/// The one sentence that answers whether the candidate is good enough.
struct Verdict: Sendable, Equatable {
  enum Outcome: String { case within, exceeded, unlimited }

  var outcome: Outcome
  /// Ends without a period.
  var sentence: String

  init(outcome: Outcome, sentence: String) {
    self.outcome = outcome
    self.sentence = sentence
  }

  init(_ result: Verification) {
    let change = Figures.change(result.perplexityRatio - 1, result.perplexityRatioStandardError)
    sentence =
      "perplexity \(Figures.fixed(result.original.perplexity, 2)) → "
      + "\(Figures.fixed(result.candidate.perplexity, 2)), \(change)"
    var limits: [String] = []
    if let limit = result.limits.perplexity {
      let holds = LimitSet(perplexity: limit).allow(ratio: result.perplexityRatio, divergence: 0)
      limits.append("\(holds ? "within" : "exceeds") the limit of +\(Figures.short(100 * limit)) %")
    }
    if let limit = result.limits.divergence {
      let holds = LimitSet(divergence: limit).allow(ratio: 1, divergence: result.divergence.mean)
      limits.append(
        "mean KL divergence \(Figures.significant(result.divergence.mean)) nats "
          + "\(holds ? "within" : "exceeds") the limit of \(Figures.short(limit))")
    }
    outcome = limits.isEmpty ? .unlimited : result.withinLimits ? .within : .exceeded
    sentence = ([sentence] + limits).joined(separator: ", ")
  }

  init(_ report: TensorReport) {
    outcome = .unlimited
    let total = report.changed
    let error =
      total.tensorCount == 0
      ? "all \(counted(report.total.tensorCount, "tensor")) equal"
      : "\(counted(total.tensorCount, "tensor")) changed, "
        + "\(Figures.decibels(total.statistics.finiteSQNR)) dB between weights and error"
    sentence =
      "\(error); \(Figures.bytes(report.total.originalByteCount)) → "
      + "\(Figures.bytes(report.total.candidateByteCount)) before compression, "
      + "\(Figures.fixed(report.total.bitsPerWeight, 2)) bits per weight"
  }
}
