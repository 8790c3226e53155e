// SPDX-License-Identifier: Apache-2.0

/// A stretch of valid UTF-8, cut at scalar boundaries, valid only during the call that gets it.
typealias Bytes = UnsafeBufferPointer<UInt8>

extension UnsafeBufferPointer<UInt8> {
  /// The bytes of `range`, counted from 0.
  func part(_ range: Range<Int>) -> Bytes { Bytes(rebasing: self[range]) }

  var text: String { String(decoding: self, as: UTF8.self) }

  func isEqual(to other: some Collection<UInt8>) -> Bool { elementsEqual(other) }

  /// The scalar that starts at `offset` and its length in bytes.
  ///
  /// The bytes are valid UTF-8, so the continuation bytes are there.
  func scalar(at offset: Int) -> (scalar: Unicode.Scalar, length: Int) {
    let lead = self[offset]
    if lead < 0x80 { return (Unicode.Scalar(lead), 1) }
    let length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
    var value = UInt32(lead) & (0x7F >> UInt32(length))
    for index in offset + 1..<offset + length { value = value << 6 | UInt32(self[index] & 0x3F) }
    return (Unicode.Scalar(value) ?? "\u{FFFD}", length)
  }

  /// The scalar that ends before `offset`, which is greater than 0, and its length in bytes.
  func scalar(before offset: Int) -> (scalar: Unicode.Scalar, length: Int) {
    var start = offset - 1
    while start > 0, self[start] & 0xC0 == 0x80 { start -= 1 }
    return scalar(at: start)
  }
}
