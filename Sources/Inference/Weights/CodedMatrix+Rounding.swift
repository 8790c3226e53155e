// SPDX-License-Identifier: Apache-2.0

extension CodedMatrix {
  /// Whether all weights are numbers of the type that they would be rounded to.
  func isExact(in rounding: Rounding) -> Bool {
    switch rounding {
    case .none: true
    case .bf16: kind == .bf16
    case .f16: kind == .f16
    }
  }

  /// Restores rows as fp32 and rounds them.
  ///
  /// - Parameter out: receives `rows.count * columnCount` numbers.
  func restore(rows: Range<Int>, into out: UnsafeMutablePointer<Float>, rounding: Rounding) {
    restore(rows: rows, into: out)
    guard !isExact(in: rounding) else { return }
    rounding.round(out, count: rows.count * columnCount)
  }
}
