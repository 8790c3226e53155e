// SPDX-License-Identifier: Apache-2.0

extension [Int32] {
  /// The numbers in decimal.
  ///
  /// A text has millions of ids; strings of their own for each would take longer than finding them.
  func decimalText(separator: String) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count * (6 + separator.utf8.count))
    var digits: [UInt8] = []
    for (index, number) in enumerated() {
      if index > 0 { bytes.append(contentsOf: separator.utf8) }
      if number < 0 { bytes.append(UInt8(ascii: "-")) }
      var rest = number.magnitude
      repeat {
        digits.append(UInt8(ascii: "0") + UInt8(rest % 10))
        rest /= 10
      } while rest > 0
      bytes.append(contentsOf: digits.reversed())
      digits.removeAll(keepingCapacity: true)
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
