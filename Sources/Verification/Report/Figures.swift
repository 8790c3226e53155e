// SPDX-License-Identifier: Apache-2.0

import Foundation

/// How numbers read in tables and sentences; the only place where figures are rounded.
enum Figures {
  /// A number with some decimals and a true minus sign.
  static func fixed(_ value: Double, _ decimals: Int) -> String {
    String(format: "%.\(decimals)f", value).replacingOccurrences(of: "-", with: "−")
  }

  /// A measured number to three significant digits, zeros included, in powers of ten where it is very
  /// small or large; 0 is exact.
  static func significant(_ value: Double) -> String {
    value == 0 ? "0" : String(format: "%#.3g", value).replacingOccurrences(of: "-", with: "−")
  }

  /// A round number, such as a limit or a tick, with no more digits than it needs.
  static func short(_ value: Double) -> String {
    String(format: "%.3g", value).replacingOccurrences(of: "-", with: "−")
  }

  /// A fraction as a percentage, as in `91.04 %`.
  static func percent(_ fraction: Double, decimals: Int = 2) -> String {
    fixed(100 * fraction, decimals) + " %"
  }

  /// A number and its standard error, both to the first significant digit of the error, but no fewer
  /// than `least` decimals; without an error to `least` + 2 decimals.
  static func withError(_ value: Double, _ error: Double?, least: Int = 0, sign: Bool = false)
    -> String
  {
    let prefix = sign && value >= 0 ? "+" : ""
    guard let error else { return prefix + fixed(value, least + 2) }
    let places = decimals(for: error, least: least)
    return prefix + fixed(value, places) + " ± " + fixed(error, places)
  }

  /// A relative change and its standard error in percent, as in `+1.27 % ± 0.08 %`.
  static func change(_ fraction: Double, _ error: Double?) -> String {
    let places = error.map { decimals(for: 100 * $0, least: 2) } ?? 2
    let value = (fraction >= 0 ? "+" : "") + percent(fraction, decimals: places)
    return error.map { value + " ± " + percent($0, decimals: places) } ?? value
  }

  private static func decimals(for error: Double, least: Int) -> Int {
    guard error > 0 else { return max(least, 2) }
    return min(9, max(least, -Int(log10(error).rounded(.down))))
  }

  /// A size in powers of 1000, as in `11.5 MB`.
  static func bytes(_ count: Int) -> String {
    var value = Double(count)
    for unit in ["bytes", "kB", "MB", "GB"] {
      if value < 1000 { return unit == "bytes" ? "\(count) \(unit)" : fixed(value, 1) + " " + unit }
      value /= 1000
    }
    return fixed(value, 2) + " TB"
  }

  /// The text with its signs and units held to their numbers where lines are broken.
  static func unbroken(_ text: String) -> String {
    text.replacing(" ± ", with: "\u{A0}±\u{A0}").replacing(" %", with: "\u{A0}%")
  }

  /// The same, but a line may be broken before a standard error.
  static func breakable(_ text: String) -> String {
    text.replacing("± ", with: "±\u{A0}").replacing(" %", with: "\u{A0}%")
  }

  /// dB to two decimals, or what stands for an infinite ratio.
  static func decibels(_ sqnr: Double?) -> String { sqnr.map { fixed($0, 2) } ?? "exact" }
}
