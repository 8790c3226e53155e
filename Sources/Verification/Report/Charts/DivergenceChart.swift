// SPDX-License-Identifier: Apache-2.0

import Foundation

/// How the divergence is distributed over positions: a histogram on a logarithmic axis, with marks.
///
/// Each mark has a line of its own above the plot, the rightmost on top, and its label to the left, so
/// that marks close together keep their labels apart and no label crosses a mark.
struct DivergenceChart: Sendable {
  struct Bar: Sendable {
    var x: String
    var y: String
    var width: String
    var height: String
    var title: String
  }

  struct Mark: Sendable {
    var x: String
    var labelX: String
    var y: String
    var label: String
    /// True where the label stands to the left of its line.
    var isLeft: Bool
  }

  /// Room for the longest label.
  private static let labelWidth = 130.0
  private static let plot = (left: 64.0, right: 744.0, top: 78.0, bottom: 270.0)

  let left = coordinate(plot.left)
  let right = coordinate(plot.right)
  let bottom = coordinate(plot.bottom)
  let bars: [Bar]
  let marks: [Mark]
  let xTicks: [Tick]
  let yTicks: [Tick]
  /// How many positions have no place on the axis, in words; nil where all have.
  let remark: String?

  /// Nil where no divergence is large enough for the axis.
  init?(_ divergence: Divergence) {
    let histogram = divergence.histogram
    guard let tallest = histogram.counts.max(), tallest > 0 else { return nil }
    let plot = Self.plot
    let total = Double(histogram.counts.reduce(histogram.belowFloor, +))
    let edges = (0...histogram.counts.count).map { log10(histogram.edge($0)) }
    let x = Scale(domain: edges[0]...edges[edges.count - 1], from: plot.left, to: plot.right)
    let peak = Double(tallest) / total * 100
    let y = Scale(domain: 0...peak * 1.05, from: plot.bottom, to: plot.top)

    bars = histogram.counts.enumerated().map { index, count in
      let share = Double(count) / total * 100
      return Bar(
        x: coordinate(x(edges[index]) + 0.5), y: coordinate(y(share)),
        width: coordinate(max(0.5, x(edges[index + 1]) - x(edges[index]) - 1)),
        height: coordinate(plot.bottom - y(share)),
        title: "\(Figures.significant(histogram.edge(index))) to "
          + "\(Figures.significant(histogram.edge(index + 1))) nats: \(counted(count, "position")), "
          + "\(Figures.fixed(share, 1)) %")
    }
    let places = [
      ("median", divergence.median), ("mean", divergence.mean), ("99 %", divergence.p99),
      ("maximum", divergence.maximum),
    ].filter { $0.1 > 0 && x.domain.contains(log10($0.1)) }.sorted { $0.1 > $1.1 }
    marks = places.enumerated().map { row, place in
      let at = x(log10(place.1))
      let isLeft = at > plot.left + Self.labelWidth
      return Mark(
        x: coordinate(at), labelX: coordinate(at + (isLeft ? -6 : 6)),
        y: coordinate(14 + 17 * Double(row)), label: "\(place.0) \(Figures.significant(place.1))",
        isLeft: isLeft)
    }
    let decades = Int(edges[0].rounded(.up))...Int((edges[edges.count - 1] + 1e-9).rounded(.down))
    let every = max(1, decades.count / 8)
    xTicks = decades.filter { $0 % every == 0 }.map {
      Tick(x(Double($0)), Figures.short(pow(10, Double($0))))
    }
    yTicks = y.ticks(4).map { Tick(y($0), Figures.short($0)) }
    remark =
      histogram.belowFloor == 0
      ? nil
      : "\(counted(histogram.belowFloor, "position")) of \(Int(total).grouped) diverge by less "
        + "than \(Figures.short(Divergence.histogramFloor)) nats and have no place on this axis."
  }

  static let template = """
    <svg class="chart" viewBox="0 0 760 322" role="img" aria-label="Distribution of the KL divergence">
    {{#yTicks}}<line class="grid" x1="{{left}}" x2="{{right}}" y1="{{at}}" y2="{{at}}"/><text class="tick end" x="56" y="{{at}}" dy="0.35em">{{label}}</text>
    {{/yTicks}}{{#bars}}<rect class="bar" x="{{x}}" y="{{y}}" width="{{width}}" height="{{height}}"><title>{{title}}</title></rect>
    {{/bars}}{{#marks}}<line class="mark" x1="{{x}}" x2="{{x}}" y1="{{y}}" y2="{{bottom}}"/><text class="note {{#isLeft}}end{{/isLeft}}{{^isLeft}}start{{/isLeft}}" x="{{labelX}}" y="{{y}}" dy="0.5em">{{label}}</text>
    {{/marks}}{{#xTicks}}<text class="tick mid" x="{{at}}" y="290">{{label}}</text>
    {{/xTicks}}<text class="axis" transform="translate(14 174) rotate(-90)">positions, %</text>
    <text class="axis" x="404" y="314">KL(original ‖ candidate), nats</text>
    </svg>
    {{#remark}}<p class="hint">{{remark}}</p>{{/remark}}
    """
}
