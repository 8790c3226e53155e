// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Maps numbers onto a stretch of a chart.
struct Scale: Sendable {
  var domain: ClosedRange<Double>
  /// Coordinates of the domain's ends; the first may be larger, as y grows downwards.
  var from: Double
  var to: Double

  func callAsFunction(_ value: Double) -> Double {
    let width = domain.upperBound - domain.lowerBound
    return width > 0 ? from + (value - domain.lowerBound) / width * (to - from) : from
  }

  /// Multiples of 1, 2 or 5 times a power of ten inside the domain, about `count` of them.
  func ticks(_ count: Int) -> [Double] {
    let width = domain.upperBound - domain.lowerBound
    guard width > 0, width.isFinite else { return [domain.lowerBound] }
    let raw = width / Double(max(1, count))
    let power = pow(10, log10(raw).rounded(.down))
    let step = [1.0, 2, 5, 10].map { $0 * power }.first { $0 >= raw * 0.999 } ?? 10 * power
    let first = (domain.lowerBound / step).rounded(.up)
    let last = (domain.upperBound / step + 1e-9).rounded(.down)
    return stride(from: first, through: last, by: 1).map { $0 * step }
  }
}

extension Scale {
  /// The step of 1, 2, 5, 10, 20, … that gives at most so many ticks over `count` whole numbers.
  static func wholeStep(_ count: Int, ticks: Int) -> Int {
    var power = 1
    while true {
      for step in [power, 2 * power, 5 * power] where count <= step * ticks { return step }
      power *= 10
    }
  }
}

/// A tick of an axis, as a template shows it.
struct Tick: Sendable {
  var at: String
  var label: String

  init(_ place: Double, _ label: String) {
    at = coordinate(place)
    self.label = label
  }
}

/// A coordinate as SVG wants it: a tenth of a unit is finer than any screen.
func coordinate(_ value: Double) -> String { String(format: "%.1f", value) }
