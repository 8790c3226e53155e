// SPDX-License-Identifier: Apache-2.0

extension Int {
  /// The digits with a comma between thousands, as in `45,479`.
  package var grouped: String {
    var digits = Array(String(magnitude))
    for place in stride(from: digits.count - 3, to: 0, by: -3) { digits.insert(",", at: place) }
    return (self < 0 ? "−" : "") + String(digits)
  }
}
