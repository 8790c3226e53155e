// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import Verification

/// A verification and a tensor report with something in every part.
enum SampleReport {
  static func verification(limits: LimitSet = LimitSet(perplexity: 0.01)) throws -> Verification {
    var candidate = FakeModel()
    candidate.disturbance = 0.1
    let options = VerificationOptions(perplexity: PerplexityOptions(context: 16), limits: limits)
    return try verify(
      original: FakeModel(), candidate: candidate, tokens: fakeText(170), options: options)
  }

  static let hostile = "<script>alert('x')</script>&\"\u{301} onload=\"f()\u{1B}[2J"

  static func tensors() throws -> (report: TensorReport, provenance: Provenance) {
    var (a, b) = (MemorySource(hostile), MemorySource("candidate.tone"))
    for layer in 0..<3 {
      for kind in ["self_attn.q_proj", "mlp.down_proj"] {
        let name = "model.layers.\(layer).\(kind).weight"
        let weights = (0..<256).map { sin(Float($0 + layer)) }
        a.add(name, [16, 16], weights)
        b.add(
          name, [16, 16], weights.map { ($0 * 8).rounded() / 8 }, scheme: "nf4", bits: 4.5)
      }
    }
    a.add(hostile, [2], [1, 2])
    b.add(hostile, [2], [2, -1], scheme: hostile)
    b.add("only.here", [1], [1])
    return (
      try compareTensors(original: a, candidate: b),
      Provenance(
        original: .init(a), candidate: .init(b), text: hostile, tool: "halftone 0", date: hostile)
    )
  }

  static func html() throws -> String {
    let (tensors, provenance) = try tensors()
    return try HTMLReport(
      verification: verification(), tensors: tensors, provenance: provenance,
      decode: { _ in hostile }
    ).render()
  }
}

@Suite struct JSONTests {
  private func object(_ result: some Encodable) throws -> [String: Any] {
    let data = Data(try jsonText(result).utf8)
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  static let perplexityKeys: Set = [
    "perplexity", "mean_nll", "nll_standard_error", "tokens", "windows", "context", "protocol",
    "compute", "seconds",
  ]

  @Test func `a perplexity has exactly the documented keys`() throws {
    let result = try measurePerplexity(
      of: FakeModel(), tokens: fakeText(20),
      options: PerplexityOptions(scoring: .llamaCpp, context: 10))
    let json = try object(result)
    #expect(Set(json.keys) == Self.perplexityKeys)
    #expect(json["protocol"] as? String == "llama.cpp")
    #expect(json["tokens"] as? Int == 8)
  }

  @Test func `one window gives null as standard error`() throws {
    let result = try measurePerplexity(
      of: FakeModel(), tokens: fakeText(10), options: PerplexityOptions(context: 10))
    #expect(try object(result)["nll_standard_error"] is NSNull)
  }

  @Test func `a verification has the documented keys`() throws {
    let json = try object(SampleReport.verification())
    let documented: Set = [
      "original", "candidate", "perplexity_ratio", "perplexity_ratio_standard_error",
      "kl_divergence", "top1_agreement", "top1_agreement_standard_error",
      "rms_probability_change", "layers", "within_limits",
    ]
    #expect(Set(json.keys) == documented.union(["limits"]))
    for side in ["original", "candidate"] {
      #expect(Set((json[side] as? [String: Any] ?? [:]).keys) == Self.perplexityKeys)
    }
    let divergence = json["kl_divergence"] as? [String: Any] ?? [:]
    let quantiles: Set = ["mean", "standard_error", "median", "p90", "p99", "p99_9", "max"]
    #expect(Set(divergence.keys) == quantiles.union(["worst", "histogram"]))
    let layers = try #require(json["layers"] as? [[String: Any]])
    #expect(layers.allSatisfy { Set($0.keys) == ["index", "sqnr_db"] })
    #expect(layers[0]["sqnr_db"] is NSNull)
    #expect(layers[1]["sqnr_db"] is Double)
    #expect(json["within_limits"] is Bool)
  }

  @Test func `a model that is wrong beyond all bounds still gives JSON`() throws {
    var original = FakeModel(vocabularySize: 3)
    var candidate = original
    original.constantLogits = [0, 0, 0]
    candidate.constantLogits = [3000, 0, 0]
    // Where the candidate is sure of token 0 the text has others, at 3000 nats each.
    let result = try verify(
      original: original, candidate: candidate, tokens: [0, 1, 2, 1, 1, 0],
      options: VerificationOptions(perplexity: PerplexityOptions(context: 3)))
    #expect(result.candidate.meanNLL > 710)
    #expect(result.perplexityRatio > 1e298)
    let back = try JSONDecoder().decode(Verification.self, from: Data(jsonText(result).utf8))
    #expect(back.candidate.perplexity > 1e298)
  }

  @Test func `a verification comes back from its JSON`() throws {
    let result = try SampleReport.verification()
    let back = try JSONDecoder().decode(Verification.self, from: Data(jsonText(result).utf8))
    #expect(back == result)
  }

  @Test func `a tensor report has the documented keys`() throws {
    let json = try object(SampleReport.tensors().report)
    let statistics: Set = [
      "bits_per_weight", "mean_squared_error", "sqnr_db", "max_absolute_error",
      "cosine_similarity",
    ]
    let tensors = try #require(json["tensors"] as? [[String: Any]])
    for tensor in tensors {
      #expect(Set(tensor.keys).isSuperset(of: statistics.union(["name", "shape", "scheme"])))
    }
    let total = try #require(json["total"] as? [String: Any])
    #expect(Set(total.keys).isSuperset(of: statistics))
  }
}

@Suite struct TextTests {
  @Test func `tables fit 100 columns and hold no control characters`() throws {
    let texts = [
      try SampleReport.tensors().report.text,
      try SampleReport.verification().text(decode: { _ in SampleReport.hostile }),
      try measurePerplexity(
        of: FakeModel(), tokens: fakeText(32), options: PerplexityOptions(context: 16)
      ).text,
    ]
    for text in texts {
      #expect(text.hasSuffix("\n"))
      for line in text.split(separator: "\n") where line.hasPrefix("|") {
        #expect(line.count <= 100)
      }
      #expect(
        !text.unicodeScalars.contains { $0 != "\n" && $0.properties.generalCategory == .control })
    }
  }

  @Test func `cells line up and escape the column mark`() {
    var table = TextTable([("name", .left), ("n", .right)])
    table.add("a|b", "1")
    table.add("longer", "1234")
    #expect(
      table.text == """
        | name   |    n |
        | :----- | ---: |
        | a\\|b   |    1 |
        | longer | 1234 |

        """)
  }

  @Test func `the verdict names figures, uncertainty and limits`() throws {
    let result = try SampleReport.verification(limits: LimitSet(perplexity: 9, divergence: 1e-6))
    let verdict = Verdict(result)
    #expect(verdict.outcome == .exceeded)
    #expect(verdict.sentence.contains("within the limit of +900 %"))
    #expect(verdict.sentence.contains("nats exceeds the limit of 1e−06"))
    #expect(try Verdict(SampleReport.verification(limits: LimitSet())).outcome == .unlimited)
  }

  @Test func `whole ticks are 1, 2 or 5 times a power of ten`() {
    #expect(
      [0, 12, 13, 24, 25, 60, 61, 121].map { Scale.wholeStep($0, ticks: 12) }
        == [1, 1, 2, 2, 5, 5, 10, 20])
  }

  @Test func `thousands are kept apart`() {
    #expect(
      [0, 999, 1000, 45_479, 5_767_168, -1234].map(\.grouped)
        == ["0", "999", "1,000", "45,479", "5,767,168", "−1,234"])
    #expect(counted(1, "token") == "1 token")
    #expect(counted(3066, "token") == "3,066 tokens")
  }

  @Test func `the spaces and line ends of tokens are visible`() throws {
    let text = try SampleReport.verification().text(decode: { _ in " a\n" })
    #expect(text.contains("goes on with ‘␣a\\n’; the original expects ‘␣a\\n’"))
  }

  @Test func `figures are rounded to their errors`() {
    #expect(Figures.withError(37.6401, 1.1124, least: 2) == "37.64 ± 1.11")
    #expect(Figures.withError(0.0000918, 0.0000012) == "0.000092 ± 0.000001")
    #expect(Figures.change(0.0127441, 0.00114) == "+1.27 % ± 0.11 %")
    #expect(Figures.change(-0.00002, 0.000003) == "−0.0020 % ± 0.0003 %")
    #expect(Figures.bytes(999) == "999 bytes")
    #expect(Figures.bytes(11_540_992) == "11.5 MB")
    #expect(Figures.significant(0.011) == "0.0110")
  }

  @Test(
    arguments: [
      ("model.layers.3.mlp.experts.7.w1.weight", "mlp.experts.*.w1", 3),
      ("transformer.h.11.attn.c_attn.weight", "attn.c_attn", 11),
      ("lm_head.weight", "lm_head", nil), ("weight", "weight", nil),
      ("x.99999999999999999999.y", "x.99999999999999999999.y", nil),
    ] as [(String, String, Int?)])
  func `a tensor's place is read off its name`(name: String, kind: String, layer: Int?) {
    #expect(TensorPlace(name).kind == kind)
    #expect(TensorPlace(name).layer == layer)
  }
}

@Suite struct HTMLReportTests {
  @Test func `hostile names stay text`() throws {
    let html = try SampleReport.html()
    #expect(html.contains("&lt;script&gt;"))
    #expect(html.range(of: "<script", options: [.caseInsensitive, .literal]) == nil)
    #expect(html.range(of: "\"\u{301}", options: .literal) == nil)
    #expect(html.range(of: "\u{1B}", options: .literal) == nil)
  }

  @Test func `every value of a text is escaped by scalar, not by character`() {
    #expect(
      Array(MarkupContent().escapeText("a<\u{301}\"\u{302}'&>\u{0}\n").unicodeScalars)
        == Array("a&lt;\u{301}&quot;\u{302}&#39;&amp;&gt;\u{FFFD}\n".unicodeScalars))
  }

  @Test func `no template leaves a value unescaped`() {
    for template in [
      Page.template, Page.rowTemplate, LayerChart.template, TensorChart.template,
      DivergenceChart.template, SizeChart.template,
    ] {
      #expect(!template.contains("{{{"))
      #expect(!template.contains("{{&"))
    }
  }

  @Test func `nothing is loaded from elsewhere`() throws {
    let html = try SampleReport.html()
    for mark in ["http:", "https:", "src=", "href=", "url(", "@import", "<link", "<iframe"] {
      #expect(!html.contains(mark))
    }
  }

  @Test func `every part is there, and tags are balanced`() throws {
    let html = try SampleReport.html()
    #expect(html.components(separatedBy: "<svg").count == 5)
    for heading in [
      "What looks wrong", "Summary", "Error through the network", "Error by tensor",
      "How far predictions move", "The worst position", "Size", "Every tensor", "Made from",
    ] {
      #expect(html.contains("<h2>\(heading)</h2>"))
    }
    for tag in ["svg", "section", "table", "tr", "dl", "p", "ul", "title", "rect", "div"] {
      let opened =
        html.components(separatedBy: "<\(tag)>").count
        + html.components(separatedBy: "<\(tag) ").count - 2
      let closed = html.components(separatedBy: "</\(tag)>").count - 1
      #expect(opened == closed, "\(tag)")
    }
    #expect(!html.contains("{{"))
    #expect(!html.contains("nan"))
  }

  @Test func `parts that were not measured are left out`() throws {
    let (tensors, provenance) = try SampleReport.tensors()
    let html = try HTMLReport(tensors: tensors, provenance: provenance).render()
    #expect(!html.contains("How far predictions move"))
    #expect(html.contains("Every tensor"))
    let other = try HTMLReport(
      verification: SampleReport.verification(), provenance: provenance
    ).render()
    #expect(!other.contains("Every tensor"))
    #expect(!other.contains("What looks wrong"))
  }
}
