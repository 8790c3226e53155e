// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What is shown while work goes on: one line on stderr, if that is a terminal.
final class Terminal: @unchecked Sendable {
  private static let width = 28
  private nonisolated(unsafe) static var isLineOpen = false

  private let label: String
  private let unit: (Double) -> String
  private let isShown: Bool
  private let start = ContinuousClock.now
  private var lastShown = ContinuousClock.now - .seconds(1)

  /// - Parameters:
  ///   - label: what is going on.
  ///   - unit: words an amount per second.
  init(_ label: String, unit: @escaping (Double) -> String) {
    self.label = label
    self.unit = unit
    isShown = isatty(2) == 1
  }

  /// Shows how much is done, at most ten times a second; one call at a time.
  func show(_ done: Int, of total: Int) {
    guard isShown, total > 0 else { return }
    let now = ContinuousClock.now
    guard done >= total || now - lastShown > .milliseconds(100) else { return }
    lastShown = now
    let seconds = max(1e-3, (now - start) / .seconds(1))
    let rate = Double(done) / seconds
    let left = rate > 0 ? Double(total - done) / rate : 0
    let share = Double(done) / Double(total)
    let filled = Int(share * Double(Self.width))
    let bar =
      String(repeating: "█", count: filled) + String(repeating: "░", count: Self.width - filled)
    let percent = String(format: "%3.0f %%", share * 100)
    Self.write("\r\(label) \(bar) \(percent)  \(unit(rate))/s  \(Self.duration(left)) left\u{1B}[K")
    Self.isLineOpen = true
    if done >= total { Self.finish() }
  }

  /// Clears the line, so that what follows stands alone.
  static func finish() {
    guard isLineOpen else { return }
    isLineOpen = false
    write("\r\u{1B}[K")
  }

  /// Says something beside the result, in a line of its own on stderr.
  static func say(_ line: String) { write(line + "\n") }

  /// A progress line for bytes.
  static func bytes(_ label: String) -> Terminal { Terminal(label) { Amount.bytes($0) } }

  /// A progress line for things that are counted.
  static func items(_ label: String, _ name: String) -> Terminal {
    Terminal(label) { String(format: "%.1f ", $0) + name }
  }

  private static func duration(_ seconds: Double) -> String {
    seconds < 60
      ? String(format: "%.0f s", seconds)
      : String(format: "%d min %02d s", Int(seconds) / 60, Int(seconds) % 60)
  }

  private static func write(_ text: String) {
    FileHandle.standardError.write(Data(text.utf8))
  }
}

/// Amounts in words.
enum Amount {
  /// A number of bytes, in powers of 1000: `5.77 MB`.
  static func bytes(_ count: Double) -> String {
    var (amount, unit) = (count, "B")
    for larger in ["kB", "MB", "GB", "TB"] where amount >= 1000 {
      amount /= 1000
      unit = larger
    }
    return unit == "B"
      ? "\(Int(amount)) B" : String(format: "%.*f %@", amount < 10 ? 2 : 1, amount, unit)
  }

  /// A number of bytes.
  static func bytes(_ count: Int) -> String { bytes(Double(count)) }
}
