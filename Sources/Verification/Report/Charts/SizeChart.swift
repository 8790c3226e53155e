// SPDX-License-Identifier: Apache-2.0

/// What both sides store, by scheme: two stacked bars and the figures behind them.
///
/// Sizes are those of the tensors before any compression of the file.
struct SizeChart: Sendable {
  struct Segment: Sendable {
    var x: String
    var y: String
    var width: String
    var color: Int
    var title: String
  }

  struct Row: Sendable {
    var color: Int
    var scheme: String
    var original: String
    var candidate: String
    var tensors: Int
  }

  struct Side: Sendable {
    var name: String
    var size: String
    var y: String
    var sizeX: String
  }

  /// Colours in the style sheet; further schemes share the last.
  static let colorCount = 7
  /// Both margins hold their labels at the size that narrow screens give them.
  private static let plot = (left: 128.0, right: 636.0)

  let segments: [Segment]
  let sides: [Side]
  let rows: [Row]

  init(_ tensors: [TensorError]) {
    var original: [String: Int] = [:]
    var candidate: [String: Int] = [:]
    var counts: [String: Int] = [:]
    for tensor in tensors {
      original[tensor.originalScheme, default: 0] += tensor.originalByteCount
      candidate[tensor.scheme, default: 0] += tensor.candidateByteCount
      counts[tensor.scheme, default: 0] += 1
    }
    let names = Set(original.keys).union(candidate.keys).sorted {
      (candidate[$1] ?? 0, original[$1] ?? 0, $0) < (candidate[$0] ?? 0, original[$0] ?? 0, $1)
    }
    func color(_ index: Int) -> Int { min(index, Self.colorCount - 1) }
    rows = names.enumerated().map { index, name in
      Row(
        color: color(index), scheme: name, original: Self.size(original[name]),
        candidate: Self.size(candidate[name]), tensors: counts[name] ?? 0)
    }
    let totals = [original, candidate].map { $0.values.reduce(0, +) }
    let x = Scale(
      domain: 0...Double(max(1, totals.max() ?? 1)), from: Self.plot.left, to: Self.plot.right)
    var segments: [Segment] = []
    for (row, sizes) in [original, candidate].enumerated() {
      var start = 0
      for (index, name) in names.enumerated() {
        guard let size = sizes[name], size > 0 else { continue }
        segments.append(
          Segment(
            x: coordinate(x(Double(start))), y: coordinate(10 + 40 * Double(row)),
            width: coordinate(max(0.5, x(Double(start + size)) - x(Double(start)))),
            color: color(index), title: "\(name): \(Figures.bytes(size))"))
        start += size
      }
    }
    self.segments = segments
    sides = zip(["original", "candidate"], totals).enumerated().map { row, side in
      Side(
        name: side.0, size: Figures.bytes(side.1), y: coordinate(25 + 40 * Double(row)),
        sizeX: coordinate(x(Double(side.1)) + 8))
    }
  }

  private static func size(_ count: Int?) -> String { count.map(Figures.bytes) ?? "—" }

  static let template = """
    <svg class="chart sizes" viewBox="0 0 760 94" role="img" aria-label="Bytes stored by scheme">
    {{#segments}}<rect class="color{{color}}" x="{{x}}" y="{{y}}" width="{{width}}" height="30"><title>{{title}}</title></rect>
    {{/segments}}{{#sides}}<text class="tick end" x="120" y="{{y}}" dy="0.35em">{{name}}</text><text class="tick start" x="{{sizeX}}" y="{{y}}" dy="0.35em">{{size}}</text>
    {{/sides}}</svg>
    <div class="scroll"><table><thead><tr><th>scheme</th><th class="n">original</th><th class="n">candidate</th><th class="n">tensors</th></tr></thead><tbody>
    {{#rows}}<tr><td><i class="color{{color}}"></i> {{scheme}}</td><td class="n">{{original}}</td><td class="n">{{candidate}}</td><td class="n">{{tensors}}</td></tr>
    {{/rows}}</tbody></table></div>
    """
}
