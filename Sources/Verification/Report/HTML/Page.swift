// SPDX-License-Identifier: Apache-2.0

/// What the page's template shows; every field is text or a list of such.
struct Page: Sendable {
  struct Figure: Sendable {
    var label: String
    var original: String
    var candidate: String
    var change: String
  }

  struct Fact: Sendable {
    var label: String
    var value: String
  }

  struct TensorRow: Sendable {
    var name: String
    var shape: String
    var scheme: String
    var bits: String
    var mse: String
    var sqnr: String
    var maximum: String
    var cosine: String
  }

  var title: String
  var verdict: String
  var outcome: String
  var badge: String?
  var figures: [Figure]
  var facts: [Fact]
  var protocolNote: String?
  var layers: LayerChart?
  var tensors: TensorChart?
  var divergence: DivergenceChart?
  var quantiles: [Fact]
  var worst: WorstText?
  var worstFacts: [Fact]
  var sizes: SizeChart?
  var findings: [TensorFinding]
  var extra: [String]
  var rows: [TensorRow]
  var total: TensorRow?
  var provenance: [Fact]

  static let template = """
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>{{title}}</title>
    <style>
    \(styleSheet)
    </style>
    </head>
    <body>
    <main>
    <header>
    <p class="kicker">Halftone report</p>
    <h1>{{verdict}}</h1>
    {{#badge}}<p class="badge {{outcome}}">{{badge}}</p>{{/badge}}
    </header>
    {{#hasFindings}}<section class="warning">
    <h2>What looks wrong</h2>
    <ul>
    {{#findings}}<li><code>{{tensor}}</code>: {{finding}}</li>
    {{/findings}}{{#extra}}<li><code>{{.}}</code>: only in the candidate</li>
    {{/extra}}</ul>
    </section>
    {{/hasFindings}}{{#hasFigures}}<section>
    <h2>Summary</h2>
    <div class="scroll"><table class="summary">
    <thead><tr><th></th><th class="n">original</th><th class="n">candidate</th><th class="n">change</th></tr></thead>
    <tbody>
    {{#figures}}<tr><th scope="row">{{label}}</th><td class="n">{{original}}</td><td class="n">{{candidate}}</td><td class="n">{{change}}</td></tr>
    {{/figures}}</tbody></table></div>
    <div class="tiles">
    {{#facts}}<div><span>{{label}}</span><strong>{{value}}</strong></div>
    {{/facts}}</div>
    {{#protocolNote}}<p class="hint">{{protocolNote}}</p>{{/protocolNote}}
    </section>
    {{/hasFigures}}{{#layers}}<section>
    <h2>Error through the network</h2>
    <p>{{summary}} SQNR compares the energy of the original's hidden state with the energy of the candidate's deviation from it; every 10 dB less is ten times the error energy.{{#hasExact}} Hollow points: no deviation at all.{{/hasExact}}</p>
    <div class="scroll">
    {{> layers}}
    </div>
    </section>
    {{/layers}}{{#tensors}}<section>
    <h2>Error by tensor</h2>
    <p>SQNR of the weights in dB, without running the model. Tensors stored unchanged are left out.</p>
    <div class="scroll">
    {{> tensors}}
    </div>
    </section>
    {{/tensors}}{{#divergence}}<section>
    <h2>How far predictions move</h2>
    <p>KL divergence of the candidate's next-token distribution from the original's, at every scored position.</p>
    <div class="scroll">
    {{> divergence}}
    </div>
    <div class="scroll"><table>
    <thead><tr><th>nats</th>{{#quantiles}}<th class="n">{{label}}</th>{{/quantiles}}</tr></thead>
    <tbody><tr><th scope="row">KL divergence</th>{{#quantiles}}<td class="n">{{value}}</td>{{/quantiles}}</tr></tbody>
    </table></div>
    </section>
    {{/divergence}}{{#worst}}<section class="keep">
    <h2>The worst position</h2>
    <blockquote>{{context}}<mark>{{token}}</mark></blockquote>
    <dl>
    {{#worstFacts}}<dt>{{label}}</dt><dd>{{value}}</dd>
    {{/worstFacts}}</dl>
    </section>
    {{/worst}}{{#sizes}}<section>
    <h2>Size</h2>
    <div class="scroll">
    {{> sizes}}
    </div>
    <p class="hint">What is stored for the tensors, scales included, before any compression of the file.</p>
    </section>
    {{/sizes}}{{#hasRows}}<section>
    <h2>Every tensor</h2>
    <div class="scroll"><table class="tensors">
    <thead><tr><th>tensor</th><th>shape</th><th>scheme</th><th class="n">bits</th><th class="n">SQNR, dB</th><th class="n">MSE</th><th class="n">max error</th><th class="n">1 − cosine</th></tr></thead>
    <tbody>
    {{#rows}}<tr>{{> row}}</tr>
    {{/rows}}</tbody>
    {{#total}}<tfoot><tr>{{> row}}</tr></tfoot>{{/total}}
    </table></div>
    </section>
    {{/hasRows}}<section class="keep">
    <h2>Made from</h2>
    <dl>
    {{#provenance}}<dt>{{label}}</dt><dd>{{value}}</dd>
    {{/provenance}}</dl>
    </section>
    </main>
    </body>
    </html>

    """

  static let rowTemplate = """
    <td><code>{{name}}</code></td><td>{{shape}}</td><td>{{scheme}}</td><td class="n">{{bits}}</td><td class="n">{{sqnr}}</td><td class="n">{{mse}}</td><td class="n">{{maximum}}</td><td class="n">{{cosine}}</td>
    """

  /// Sections that hold lists are shown as a whole or not at all.
  var hasFindings: Bool
  var hasFigures: Bool
  var hasRows: Bool
}
