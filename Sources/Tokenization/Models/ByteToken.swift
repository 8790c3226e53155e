// SPDX-License-Identifier: Apache-2.0

/// The spelling of tokens that stand for one byte: `<0x0A>`.
enum ByteToken {
  static func spelling(of byte: UInt8) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return "<0x\(digits.count < 2 ? "0" : "")\(digits)>"
  }

  /// The byte, or nil where `token` is spelled otherwise.
  ///
  /// Either case of the digits is read.
  static func byte(of token: String) -> UInt8? {
    let units = Array(token.utf8)
    guard units.count == 6, units.starts(with: "<0x".utf8), units[5] == UInt8(ascii: ">") else {
      return nil
    }
    return UInt8(String(decoding: units[3..<5], as: UTF8.self), radix: 16)
  }
}
