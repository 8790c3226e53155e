// SPDX-License-Identifier: Apache-2.0

import Inference

extension Verification {
  /// The result for a terminal, ended by a line feed.
  ///
  /// - Parameter decode: turns ids into text for the worst position; nil leaves ids.
  package func text(decode: (([Int32]) -> String)? = nil) -> String {
    var parts = [Verdict(self).sentence + "\n", sides, differences]
    if !layers.isEmpty { parts.append(layerTable) }
    if let worst = divergence.worst, worst.divergence > 0 {
      parts.append(WorstText(worst, decode: decode).sentence)
    }
    parts.append(
      "± is one standard error, windows being the clusters; \(counted(original.tokens, "token")) scored in "
        + "\(counted(original.windows, "window"))\nof \(original.context), "
        + "protocol \(original.scoring.rawValue).\n")
    return parts.joined(separator: "\n")
  }

  private var sides: String {
    var table = TextTable([
      ("", .left), ("original", .right), ("candidate", .right), ("change", .right),
    ])
    let difference = candidate.meanNLL - original.meanNLL
    let relative = perplexityRatioStandardError.map { $0 / perplexityRatio }
    table.add(
      "perplexity", Figures.withError(original.perplexity, original.standardError, least: 2),
      Figures.withError(candidate.perplexity, candidate.standardError, least: 2),
      Figures.change(perplexityRatio - 1, perplexityRatioStandardError))
    table.add(
      "mean NLL, nats", Figures.withError(original.meanNLL, original.nllStandardError, least: 4),
      Figures.withError(candidate.meanNLL, candidate.nllStandardError, least: 4),
      Figures.withError(difference, relative, least: 4, sign: true))
    table.add("compute", original.compute.rawValue, candidate.compute.rawValue, "")
    table.add(
      "seconds", Figures.fixed(original.seconds, 1), Figures.fixed(candidate.seconds, 1), "")
    return table.text
  }

  private var differences: String {
    var table = TextTable([("per position", .left), ("value", .right)])
    let error = divergence.standardError
    table.add("KL divergence, nats: mean", Figures.withError(divergence.mean, error, least: 4))
    for (label, value) in divergence.quantiles { table.add("  " + label, value) }
    for (label, value) in agreement { table.add(label, value) }
    return table.text
  }

  /// How often and how much the predictions themselves differ, with labels.
  var agreement: [(label: String, value: String)] {
    let error = top1AgreementStandardError.map { 100 * $0 }
    return [
      ("top-1 agreement, %", Figures.withError(100 * top1Agreement, error, least: 2)),
      ("RMS change of the true token's probability", Figures.percent(rmsProbabilityChange)),
    ]
  }

  private var layerTable: String {
    var table = TextTable([("hidden state", .left), ("SQNR, dB", .right)])
    for layer in layers { table.add(layer.place, Figures.decibels(layer.sqnr)) }
    return table.text
  }
}

extension LayerError {
  /// Where between the layers the state was taken.
  var place: String { index == 0 ? "entering layer 0" : "leaving layer \(index - 1)" }
}

extension Divergence {
  /// The distribution over positions, in nats, with labels.
  var quantiles: [(label: String, value: String)] {
    [
      ("median", Figures.significant(median)),
      ("90 % below", Figures.significant(p90)),
      ("99 % below", Figures.significant(p99)),
      ("99.9 % below", Figures.significant(p999)),
      ("maximum", Figures.significant(maximum)),
    ]
  }
}
