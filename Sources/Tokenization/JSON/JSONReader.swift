// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Reads one JSON document (RFC 8259) of valid UTF-8.
///
/// Nesting is limited to ``depthLimit`` so that a hostile file can't exhaust the stack.
/// - Complexity: linear in the document; objects are not indexed.
package struct JSONReader {
  static let depthLimit = 64

  private let bytes: [UInt8]
  private let path: String
  private var position = 0

  /// - Throws: ``TokenizationError/notUTF8(path:byteOffset:)``, or
  ///   ``TokenizationError/malformedJSON(path:byteOffset:expected:)`` at the first wrong byte.
  package static func read(_ data: Data, path: String) throws -> JSONValue {
    let bytes = Array(data)
    if let offset = UTF8Check.firstMalformedByte(of: bytes) {
      throw TokenizationError.notUTF8(path: path, byteOffset: offset)
    }
    var reader = JSONReader(bytes: bytes, path: path)
    let value = try reader.value(depth: 0)
    reader.skipSpace()
    guard reader.position == bytes.count else { throw reader.expected("the end of the file") }
    return value
  }

  private init(bytes: [UInt8], path: String) {
    self.bytes = bytes
    self.path = path
  }

  private func expected(_ what: String) -> TokenizationError {
    .malformedJSON(path: path, byteOffset: position, expected: what)
  }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      position += 1
    }
  }

  /// Steps over `byte` if it comes next, after white space.
  private mutating func skip(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard next == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func value(depth: Int) throws -> JSONValue {
    guard depth < Self.depthLimit else {
      throw expected("at most \(Self.depthLimit) nested values")
    }
    skipSpace()
    switch next {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return try number()
    }
  }

  private mutating func word(_ spelling: String, _ value: JSONValue) throws -> JSONValue {
    guard bytes[position...].starts(with: spelling.utf8) else { throw expected(spelling) }
    position += spelling.utf8.count
    return value
  }

  private mutating func object(depth: Int) throws -> JSONValue {
    position += 1
    var members: [(key: String, value: JSONValue)] = []
    if skip("}") { return .object(members) }
    repeat {
      skipSpace()
      guard next == UInt8(ascii: "\"") else { throw expected("a key in quotation marks") }
      let key = try string()
      guard skip(":") else { throw expected("a colon") }
      members.append((key, try value(depth: depth + 1)))
    } while skip(",")
    guard skip("}") else { throw expected("a comma or a closing brace") }
    return .object(members)
  }

  private mutating func array(depth: Int) throws -> JSONValue {
    position += 1
    var values: [JSONValue] = []
    if skip("]") { return .array(values) }
    repeat { values.append(try value(depth: depth + 1)) } while skip(",")
    guard skip("]") else { throw expected("a comma or a closing bracket") }
    return .array(values)
  }

  private mutating func number() throws -> JSONValue {
    let start = position
    while let byte = next, Self.isNumeric(byte) { position += 1 }
    let spelling = String(decoding: bytes[start..<position], as: UTF8.self)
    if let integer = Int(spelling) { return .integer(integer) }
    guard let number = Double(spelling), number.isFinite else {
      position = start
      throw expected("a value")
    }
    return .number(Self.quotient(spelling) ?? number)
  }

  /// A decimal fraction as its digits divided by a power of ten, rounded twice, or nil where there
  /// are too many digits or an exponent.
  ///
  /// The reference library reads scores so, and sums of scores that tie decide between tokens.
  private static func quotient(_ spelling: String) -> Double? {
    let parts = spelling.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[1].utf8.count <= 22, let whole = parts.first,
      let digits = UInt64(whole.drop { $0 == "-" } + parts[1])
    else { return nil }
    let power = (0..<parts[1].utf8.count).reduce(1.0) { power, _ in power * 10 }
    let quotient = Double(digits) / power
    return whole.hasPrefix("-") ? -quotient : quotient
  }

  private static func isNumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"),
      UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"):
      true
    default: false
    }
  }

  private mutating func string() throws -> String {
    position += 1
    let start = position
    while let byte = next, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 {
      position += 1
    }
    if next == UInt8(ascii: "\"") {
      defer { position += 1 }
      return String(decoding: bytes[start..<position], as: UTF8.self)
    }
    var text = Array(bytes[start..<position])
    while let byte = next, byte != UInt8(ascii: "\"") {
      guard byte >= 0x20 else { throw expected("no control character inside a string") }
      position += 1
      guard byte == UInt8(ascii: "\\") else {
        text.append(byte)
        continue
      }
      try text.append(contentsOf: String(Character(escape())).utf8)
    }
    guard next != nil else { throw expected("a closing quotation mark") }
    position += 1
    return String(decoding: text, as: UTF8.self)
  }

  /// Reads what follows a backslash.
  private mutating func escape() throws -> Unicode.Scalar {
    guard let byte = next else { throw expected("an escape") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): return try unicodeEscape()
    default:
      position -= 1
      throw expected("an escape")
    }
  }

  private mutating func unicodeEscape() throws -> Unicode.Scalar {
    let start = position
    let first = try codeUnit()
    if let scalar = Unicode.Scalar(first) { return scalar }
    if UTF16.isLeadSurrogate(first), bytes[position...].starts(with: "\\u".utf8) {
      position += 2
      let second = try codeUnit()
      if UTF16.isTrailSurrogate(second) {
        return UTF16.decode(UTF16.EncodedScalar([first, second]))
      }
    }
    position = start
    throw expected("a surrogate pair")
  }

  private mutating func codeUnit() throws -> UInt16 {
    let digits = bytes[position..<min(position + 4, bytes.count)]
    guard digits.count == 4, digits.allSatisfy({ Unicode.Scalar($0).properties.isASCIIHexDigit }),
      let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw expected("four hexadecimal digits") }
    position += 4
    return unit
  }
}
