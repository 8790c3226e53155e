// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Which numbers a JSON text may contain.
package enum JSONNumerals: Sendable {
  /// Every number that JSON's grammar allows.
  case any
  /// Whole numbers only: no fraction, no exponent.
  case integers
  /// Whole numbers without a minus sign.
  case counts
}

/// A strict scanner that walks over a JSON text once, front to back.
///
/// It refuses what decoders let pass and readers then disagree about: duplicate keys (compared
/// after unescaping, byte by byte), byte order marks, invalid UTF-8, deep nesting, anything behind
/// the value, and, where asked, numbers that are not whole. Either walk with ``object(_:)``,
/// ``array(_:)``, ``string()``, ``count()`` and ``skip()`` and end with ``finish()``, or
/// ``validate(_:numerals:origin:)`` the text and hand it to a decoder.
///
/// - Complexity: O(bytes); memory O(keys of the objects that are open at a time).
package struct JSONScan {
  /// Objects and arrays may be nested this deep.
  package static let maximumDepth = 64

  let bytes: UnsafeRawBufferPointer
  let numerals: JSONNumerals
  /// Added to every offset that is reported: where the text starts in its file.
  let origin: Int
  var position = 0
  private var depth = 0
  private let unescapedKeys = JSONKeyStorage()

  /// Starts before the value; `bytes` must stay valid while the scanner is used.
  package init(
    _ bytes: UnsafeRawBufferPointer, numerals: JSONNumerals = .any, origin: Int = 0
  ) throws {
    self.bytes = bytes
    self.numerals = numerals
    self.origin = origin
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { throw JSONError.byteOrderMark(offset: origin) }
  }

  /// Checks a whole text: one value and nothing behind it.
  package static func validate(
    _ bytes: UnsafeRawBufferPointer, numerals: JSONNumerals = .any, origin: Int = 0
  ) throws {
    var scan = try JSONScan(bytes, numerals: numerals, origin: origin)
    try scan.skip()
    try scan.finish()
  }

  /// Checks a whole text: one value and nothing behind it.
  package static func validate(_ text: Data, numerals: JSONNumerals = .any) throws {
    try text.withUnsafeBytes { try validate($0, numerals: numerals) }
  }

  /// Where the next value starts, in bytes of the file; skips white space.
  package mutating func nextOffset() -> Int {
    skipSpace()
    return origin + position
  }

  /// True, and the value consumed, where the next value is `null`.
  package mutating func null() throws -> Bool {
    skipSpace()
    guard position < bytes.count, bytes[position] == UInt8(ascii: "n") else { return false }
    try scanLiteral()
    return true
  }

  /// Walks over an object; `body` gets each key and must consume its value.
  package mutating func object(
    _ body: (_ scan: inout JSONScan, _ key: String, _ keyOffset: Int) throws -> Void
  ) throws {
    try walkObject { scan, token in
      try body(&scan, scan.text(of: token), scan.origin + token.range.lowerBound - 1)
    }
  }

  /// Walks over an array; `body` must consume one element each time it is called.
  package mutating func array(_ body: (_ scan: inout JSONScan) throws -> Void) throws {
    try enter(UInt8(ascii: "["), .array)
    if try leaveEmpty(UInt8(ascii: "]")) { return }
    repeat { try body(&self) } while try hasAnother(before: UInt8(ascii: "]"))
  }

  /// Consumes a string and returns it unescaped.
  package mutating func string() throws -> String {
    try expect(.string) { $0 == UInt8(ascii: "\"") }
    return text(of: try scanString())
  }

  /// Consumes a whole number without sign that fits in 63 bits.
  package mutating func count() throws -> Int {
    try expect(.count) { $0 == UInt8(ascii: "-") || isDigit($0) }
    let token = try scanNumber()
    if token.isNegative { throw JSONError.negative(offset: origin + token.range.lowerBound) }
    if !token.isInteger { throw JSONError.notAnInteger(offset: origin + token.range.lowerBound) }
    var value = 0
    for digit in bytes[token.range] {
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(Int(digit - UInt8(ascii: "0")))
      if overflow || carry {
        throw JSONError.numberTooLarge(offset: origin + token.range.lowerBound)
      }
      value = sum
    }
    return value
  }

  /// Consumes one value of any kind, checked like all others.
  package mutating func skip() throws {
    skipSpace()
    guard position < bytes.count else {
      throw JSONError.unexpectedEnd(expected: .value, offset: origin + position)
    }
    switch bytes[position] {
    case UInt8(ascii: "{"): try walkObject { scan, _ in try scan.skip() }
    case UInt8(ascii: "["): try array { scan in try scan.skip() }
    case UInt8(ascii: "\""): _ = try scanString()
    case UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "n"): try scanLiteral()
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): _ = try scanNumber()
    case let byte:
      throw JSONError.unexpectedByte(found: byte, expected: .value, offset: origin + position)
    }
  }

  /// Checks that only white space is left.
  package mutating func finish() throws {
    skipSpace()
    if position < bytes.count { throw JSONError.trailingBytes(offset: origin + position) }
  }

  // MARK: - Structure

  private mutating func walkObject(
    _ body: (inout JSONScan, JSONStringToken) throws -> Void
  ) throws {
    try enter(UInt8(ascii: "{"), .object)
    if try leaveEmpty(UInt8(ascii: "}")) { return }
    var keys = JSONKeySet()
    repeat {
      try expect(.key) { $0 == UInt8(ascii: "\"") }
      let start = position
      let token = try scanString()
      if !keys.insert(keyBytes(of: token)) {
        throw JSONError.duplicateKey(key: text(of: token), offset: origin + start)
      }
      try expect(.colon) { $0 == UInt8(ascii: ":") }
      position += 1
      try body(&self, token)
    } while try hasAnother(before: UInt8(ascii: "}"))
  }

  private func keyBytes(of token: JSONStringToken) -> UnsafeRawBufferPointer {
    guard token.hasEscapes else { return UnsafeRawBufferPointer(rebasing: bytes[token.range]) }
    return unescapedKeys.store(unescaped(token))
  }

  private mutating func enter(_ opening: UInt8, _ expected: JSONExpectation) throws {
    try expect(expected) { $0 == opening }
    guard depth < Self.maximumDepth else {
      throw JSONError.nestedTooDeep(limit: Self.maximumDepth, offset: origin + position)
    }
    depth += 1
    position += 1
  }

  private mutating func leaveEmpty(_ closing: UInt8) throws -> Bool {
    skipSpace()
    guard position < bytes.count, bytes[position] == closing else { return false }
    position += 1
    depth -= 1
    return true
  }

  private mutating func hasAnother(before closing: UInt8) throws -> Bool {
    try expect(.separator) { $0 == UInt8(ascii: ",") || $0 == closing }
    let found = bytes[position]
    position += 1
    if found == closing { depth -= 1 }
    return found != closing
  }

  /// Skips white space and checks the next byte, without consuming it.
  private mutating func expect(
    _ expected: JSONExpectation, _ matches: (UInt8) -> Bool
  ) throws {
    skipSpace()
    guard position < bytes.count else {
      throw JSONError.unexpectedEnd(expected: expected, offset: origin + position)
    }
    guard matches(bytes[position]) else {
      throw JSONError.unexpectedByte(
        found: bytes[position], expected: expected, offset: origin + position)
    }
  }

  private mutating func skipSpace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x09, 0x0A, 0x0D: position += 1
      default: return
      }
    }
  }
}

/// True for the ASCII digits.
func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }
