// SPDX-License-Identifier: Apache-2.0

import Quantization

/// SQNR of every changed tensor as a grid: one row per kind of tensor, one column per layer.
///
/// Tensors that share a cell (the experts of a layer) are taken together. The shade runs from the best
/// to the worst cell in equal steps of dB, but steps of half a dB at least, so that cells which hardly
/// differ look alike; numbers stand in the cells where they fit.
struct TensorChart: Sendable {
  struct Cell: Sendable {
    var x: String
    var y: String
    /// 0 for the best cells to `shadeCount - 1` for the worst.
    var shade: Int
    var label: String?
    var labelX: String
    var labelY: String
    var title: String
  }

  struct Row: Sendable {
    var name: String
    var y: String
  }

  static let shadeCount = 6
  private static let leastStep = 0.5
  private static let rowHeight = 26.0
  private static let plot = (left: 170.0, right: 752.0, top: 8.0)
  /// The least width of a column in which a number fits.
  private static let labelWidth = 34.0

  let height: String
  /// Below the middle of the layers' columns.
  let axisX: String
  let axisY: String
  let tickY: String
  let cellWidth: String
  let cellHeight = coordinate(rowHeight - 2)
  let cells: [Cell]
  let rows: [Row]
  let xTicks: [Tick]
  let best: String
  let worst: String

  /// Nil where no tensor has a finite ratio.
  init?(_ tensors: [TensorError]) {
    var sums: [TensorPlace: ErrorStatistics] = [:]
    var order: [String] = []
    for tensor in tensors {
      guard let statistics = tensor.statistics, statistics.finiteSQNR != nil else { continue }
      let place = TensorPlace(tensor.name)
      if !order.contains(place.kind) { order.append(place.kind) }
      sums[place, default: ErrorStatistics()].add(statistics)
    }
    let ratios = sums.compactMapValues(\.finiteSQNR)
    guard let low = ratios.values.min(), let high = ratios.values.max() else { return nil }
    // Tensors of no layer, such as the output head, have a column without a number in front.
    let front = ratios.keys.contains { $0.layer == nil } ? 1 : 0
    let layers = (ratios.keys.compactMap(\.layer).max() ?? -1) + 1
    let columns = front + layers
    let plot = Self.plot
    let width = min(60, (plot.right - plot.left) / Double(columns))
    let step = max(Self.leastStep, (high - low) / Double(Self.shadeCount))

    cells = ratios.sorted { $0.key < $1.key }.map { place, sqnr in
      let x = plot.left + Double(front + (place.layer ?? -1)) * width
      let y = plot.top + Double(order.firstIndex(of: place.kind) ?? 0) * Self.rowHeight
      let shade = Int((high - sqnr) / step)
      return Cell(
        x: coordinate(x), y: coordinate(y), shade: min(Self.shadeCount - 1, shade),
        label: width >= Self.labelWidth ? Figures.fixed(sqnr, 1) : nil,
        labelX: coordinate(x + (width - 2) / 2), labelY: coordinate(y + Self.rowHeight / 2 - 1),
        title: "\(place.title): \(Figures.fixed(sqnr, 2)) dB")
    }
    rows = order.enumerated().map { index, name in
      Row(
        name: TextTable.shorten(name, to: 24),
        y: coordinate(plot.top + (Double(index) + 0.5) * Self.rowHeight - 1))
    }
    let bottom = plot.top + Double(order.count) * Self.rowHeight
    let every = Scale.wholeStep(layers, ticks: 16)
    xTicks = stride(from: 0, to: layers, by: every).map {
      Tick(plot.left + (Double(front + $0) + 0.5) * width - 1, String($0))
    }
    cellWidth = coordinate(max(1, width - (width > 8 ? 2 : 0.5)))
    tickY = coordinate(bottom + 16)
    axisX = coordinate(plot.left + (Double(front) + Double(layers) / 2) * width - 1)
    axisY = coordinate(bottom + 38)
    height = coordinate(bottom + 46)
    best = Figures.fixed(high, 1)
    worst = Figures.fixed(high - step * Double(Self.shadeCount), 1)
  }

  static let template = """
    <svg class="chart" viewBox="0 0 760 {{height}}" role="img" aria-label="SQNR of each tensor by layer and kind">
    {{#rows}}<text class="tick end" x="160" y="{{y}}" dy="0.35em">{{name}}</text>
    {{/rows}}{{#cells}}<rect class="shade{{shade}}" x="{{x}}" y="{{y}}" width="{{cellWidth}}" height="{{cellHeight}}" rx="2"><title>{{title}}</title></rect>{{#label}}<text class="cell on{{shade}}" x="{{labelX}}" y="{{labelY}}" dy="0.35em">{{label}}</text>{{/label}}
    {{/cells}}{{#xTicks}}<text class="tick mid" x="{{at}}" y="{{tickY}}">{{label}}</text>
    {{/xTicks}}<text class="axis" x="{{axisX}}" y="{{axisY}}">layer</text>
    </svg>
    <p class="legend"><span>{{best}} dB</span><i class="shade0"></i><i class="shade1"></i><i class="shade2"></i><i class="shade3"></i><i class="shade4"></i><i class="shade5"></i><span>{{worst}} dB: more error</span></p>
    """
}
