// SPDX-License-Identifier: Apache-2.0

/// SQNR of the hidden state against depth: a line of points, dB from 0 up.
///
/// Where the states are equal there is no ratio; such points are hollow, on the upper edge.
struct LayerChart: Sendable {
  struct Point: Sendable {
    var x: String
    var y: String
    var isExact: Bool
    var title: String
  }

  static let width = 760.0
  static let height = 280.0
  private static let plot = (left: 56.0, right: 744.0, top: 18.0, bottom: 228.0)

  let right = coordinate(plot.right)
  let left = coordinate(plot.left)
  let points: [Point]
  /// The path through the points that have a ratio.
  let line: String
  let xTicks: [Tick]
  let yTicks: [Tick]
  let summary: String
  let hasExact: Bool

  /// Nil where there is nothing to draw.
  init?(_ layers: [LayerError]) {
    guard !layers.isEmpty else { return nil }
    let plot = Self.plot
    let highest = layers.compactMap(\.sqnr).max() ?? 10
    let lowest = min(0, layers.compactMap(\.sqnr).min() ?? 0)
    let top = max(10, (highest / 10).rounded(.up) * 10)
    let x = Scale(
      domain: 0...Double(max(1, layers.count - 1)), from: plot.left + 20, to: plot.right - 20)
    let y = Scale(domain: lowest...top, from: plot.bottom, to: plot.top)
    points = layers.map { layer in
      Point(
        x: coordinate(x(Double(layer.index))), y: coordinate(y(layer.sqnr ?? top)),
        isExact: layer.sqnr == nil,
        title: layer.place + ": " + (layer.sqnr.map { Figures.fixed($0, 2) + " dB" } ?? "exact"))
    }
    line = points.filter { !$0.isExact }.map { "\($0.x),\($0.y)" }.joined(separator: " ")
    hasExact = points.contains(where: \.isExact)
    yTicks = y.ticks(5).map { Tick(y($0), Figures.fixed($0, 0)) }
    let every = Scale.wholeStep(layers.count, ticks: 12)
    xTicks = layers.filter { $0.index == 0 || ($0.index - 1) % every == 0 }.compactMap { layer in
      let at = x(Double(layer.index))
      if layer.index == 0 { return Tick(at, "input") }
      // The first layer's label gives way where it would touch the input's.
      return layer.index == 1 && at - x(0) < 40 ? nil : Tick(at, String(layer.index - 1))
    }
    summary =
      layers.compactMap(\.sqnr).last.map {
        "After the last layer the hidden state keeps \(Figures.fixed($0, 1)) dB."
      } ?? "The hidden states of both models are equal."
  }

  static let template = """
    <svg class="chart" viewBox="0 0 760 280" role="img" aria-label="SQNR of the hidden state by layer">
    {{#yTicks}}<line class="grid" x1="{{left}}" x2="{{right}}" y1="{{at}}" y2="{{at}}"/><text class="tick end" x="48" y="{{at}}" dy="0.35em">{{label}}</text>
    {{/yTicks}}{{#xTicks}}<text class="tick mid" x="{{at}}" y="248">{{label}}</text>
    {{/xTicks}}<text class="axis" transform="translate(14 123) rotate(-90)">SQNR, dB</text>
    <text class="axis" x="400" y="272">after layer</text>
    <polyline class="line" points="{{line}}"/>
    {{#points}}<circle class="{{#isExact}}hollow{{/isExact}}{{^isExact}}dot{{/isExact}}" cx="{{x}}" cy="{{y}}" r="4"><title>{{title}}</title></circle>
    {{/points}}</svg>
    """
}
