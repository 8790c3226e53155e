// SPDX-License-Identifier: Apache-2.0

import Inference
import Mustache
import Quantization

/// One self-contained HTML page: nothing is loaded from anywhere, and it holds no script.
package struct HTMLReport {
  package var verification: Verification?
  package var tensors: TensorReport?
  package var provenance: Provenance
  /// Turns ids into text for the worst position; nil leaves ids.
  package var decode: (([Int32]) -> String)?

  /// A report on predictions, on tensors, or on both.
  package init(
    verification: Verification? = nil, tensors: TensorReport? = nil, provenance: Provenance,
    decode: (([Int32]) -> String)? = nil
  ) {
    self.verification = verification
    self.tensors = tensors
    self.provenance = provenance
    self.decode = decode
  }

  /// The page; the same values give the same bytes.
  ///
  /// - Throws: the template library's error, which no data can cause: a test renders every template.
  package func render() throws -> String {
    let library = try MarkupContent.library([
      "page": Page.template, "row": Page.rowTemplate, "layers": LayerChart.template,
      "tensors": TensorChart.template, "divergence": DivergenceChart.template,
      "sizes": SizeChart.template,
    ])
    return library.render(page, withTemplate: "page") ?? ""
  }

  private var page: Page {
    let verdict =
      verification.map(Verdict.init) ?? tensors.map(Verdict.init)
      ?? Verdict(outcome: .unlimited, sentence: "nothing was measured")
    let worst = verification?.divergence.worst.flatMap {
      $0.divergence > 0 ? WorstText($0, decode: decode) : nil
    }
    let rows = tensors?.tensors.map(Page.TensorRow.init) ?? []
    let findings = tensors?.findings ?? []
    let extra = tensors?.extra ?? []
    return Page(
      title: "Halftone: \(provenance.candidate.path)",
      verdict: Figures.unbroken(verdict.sentence),
      outcome: verdict.outcome.rawValue,
      badge: Self.badge(verdict.outcome),
      figures: verification.map(Self.figures) ?? [],
      facts: verification.map(Self.tiles) ?? [],
      protocolNote: verification.map(Self.protocolNote),
      layers: verification.flatMap { LayerChart($0.layers) },
      tensors: tensors.flatMap { TensorChart($0.tensors) },
      divergence: verification.flatMap { DivergenceChart($0.divergence) },
      quantiles: verification?.divergence.quantiles.map(Page.Fact.init) ?? [],
      worst: worst,
      worstFacts: worst.map(Self.facts) ?? [],
      sizes: tensors.map { SizeChart($0.tensors) },
      findings: findings, extra: extra, rows: rows,
      total: tensors.map { Page.TensorRow($0.changed) },
      provenance: provenanceFacts,
      hasFindings: !findings.isEmpty || !extra.isEmpty,
      hasFigures: verification != nil,
      hasRows: !rows.isEmpty)
  }

  private var provenanceFacts: [Page.Fact] {
    var facts = [
      Page.Fact(label: "original", value: provenance.original.path),
      Page.Fact(label: "", value: provenance.original.summary),
      Page.Fact(label: "candidate", value: provenance.candidate.path),
      Page.Fact(label: "", value: provenance.candidate.summary),
    ]
    if let text = provenance.text { facts.append(Page.Fact(label: "text", value: text)) }
    facts.append(Page.Fact(label: "made by", value: provenance.tool))
    if let date = provenance.date { facts.append(Page.Fact(label: "on", value: date)) }
    return facts
  }
}

extension HTMLReport {
  private static func badge(_ outcome: Verdict.Outcome) -> String? {
    switch outcome {
    case .within: "✓ within limits"
    case .exceeded: "✗ limit exceeded"
    case .unlimited: nil
    }
  }

  private static func figures(_ result: Verification) -> [Page.Figure] {
    let (original, candidate) = (result.original, result.candidate)
    let figures = [
      Page.Figure(
        label: "perplexity",
        original: Figures.withError(original.perplexity, original.standardError, least: 2),
        candidate: Figures.withError(candidate.perplexity, candidate.standardError, least: 2),
        change: Figures.change(result.perplexityRatio - 1, result.perplexityRatioStandardError)),
      Page.Figure(
        label: "mean NLL, nats",
        original: Figures.withError(original.meanNLL, original.nllStandardError, least: 4),
        candidate: Figures.withError(candidate.meanNLL, candidate.nllStandardError, least: 4),
        change: Figures.withError(
          candidate.meanNLL - original.meanNLL,
          result.perplexityRatioStandardError.map { $0 / result.perplexityRatio }, least: 4,
          sign: true)),
      Page.Figure(
        label: "compute", original: original.compute.rawValue,
        candidate: candidate.compute.rawValue, change: ""),
    ]
    return figures.map {
      Page.Figure(
        label: $0.label, original: Figures.breakable($0.original),
        candidate: Figures.breakable($0.candidate), change: Figures.breakable($0.change))
    }
  }

  private static func tiles(_ result: Verification) -> [Page.Fact] {
    let divergence = result.divergence
    let mean = Figures.withError(divergence.mean, divergence.standardError, least: 4)
    return [
      Page.Fact(label: "mean KL divergence, nats", value: mean),
      Page.Fact(label: "largest KL divergence", value: Figures.significant(divergence.maximum)),
    ] + result.agreement.map(Page.Fact.init)
  }

  private static func protocolNote(_ result: Verification) -> String {
    let side = result.original
    return "\(counted(side.tokens, "token")) scored in \(counted(side.windows, "window")) of "
      + "\(side.context), protocol \(side.scoring.rawValue). ± is one standard error with windows as "
      + "clusters; that of a change comes from paired differences and is therefore much smaller than "
      + "those of the two sides. Perplexities under other protocols or contexts are not comparable."
  }

  private static func facts(_ worst: WorstText) -> [Page.Fact] {
    [
      Page.Fact(label: "where", value: worst.place),
      Page.Fact(
        label: "KL divergence", value: Figures.significant(worst.worst.divergence) + " nats"),
      Page.Fact(label: "the text goes on with", value: shown(worst.token)),
      Page.Fact(label: "the original expects", value: shown(worst.original)),
      Page.Fact(label: "the candidate expects", value: shown(worst.candidate)),
      Page.Fact(
        label: "NLL of the text's token",
        value: "\(Figures.fixed(worst.worst.originalNLL, 2)) → "
          + "\(Figures.fixed(worst.worst.candidateNLL, 2)) nats"),
    ]
  }

  private static func shown(_ token: String) -> String { "‘\(token)’" }
}

extension Page.TensorRow {
  init(_ tensor: TensorError) {
    self.init(
      name: tensor.name, shape: tensor.shape.map(String.init).joined(separator: " × "),
      scheme: tensor.scheme, bits: tensor.bitsPerWeight, tensor.statistics)
  }

  init(_ total: TensorTotal) {
    self.init(
      name: "\(counted(total.tensorCount, "tensor")) changed", shape: "", scheme: "",
      bits: total.bitsPerWeight, total.statistics)
  }

  private init(
    name: String, shape: String, scheme: String, bits: Double, _ statistics: ErrorStatistics?
  ) {
    let cells = TensorReport.cells(statistics)
    self.init(
      name: name, shape: shape, scheme: scheme, bits: Figures.fixed(bits, 2),
      mse: statistics.map { Figures.significant($0.meanSquaredError) } ?? "—", sqnr: cells[0],
      maximum: cells[1], cosine: cells[2])
  }
}
