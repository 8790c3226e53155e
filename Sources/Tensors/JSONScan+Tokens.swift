// SPDX-License-Identifier: Apache-2.0

/// A string in the text: its bytes between the quotes.
struct JSONStringToken {
  var range: Range<Int>
  var hasEscapes: Bool
}

/// A number in the text.
struct JSONNumberToken {
  var range: Range<Int>
  var isNegative: Bool
  var isInteger: Bool
}

extension JSONScan {
  /// Consumes `true`, `false` or `null`.
  mutating func scanLiteral() throws {
    for literal in ["true", "false", "null"] {
      let end = position + literal.utf8.count
      if end <= bytes.count, bytes[position..<end].elementsEqual(literal.utf8) {
        position = end
        return
      }
    }
    throw JSONError.unexpectedByte(
      found: bytes[position], expected: .literal, offset: origin + position)
  }

  /// Consumes a number and checks it against the grammar and `numerals`.
  mutating func scanNumber() throws -> JSONNumberToken {
    let start = position
    let isNegative = take(UInt8(ascii: "-"))
    var isInteger = true
    // A leading zero stands alone.
    if !take(UInt8(ascii: "0")) { try takeDigits(start) }
    if take(UInt8(ascii: ".")) {
      isInteger = false
      try takeDigits(start)
    }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      isInteger = false
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      try takeDigits(start)
    }
    if position < bytes.count, isDigit(bytes[position]) {
      throw JSONError.malformedNumber(offset: origin + start)
    }
    switch numerals {
    case .counts where isNegative: throw JSONError.negative(offset: origin + start)
    case .counts where !isInteger, .integers where !isInteger:
      throw JSONError.notAnInteger(offset: origin + start)
    default: break
    }
    return JSONNumberToken(range: start..<position, isNegative: isNegative, isInteger: isInteger)
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard position < bytes.count, bytes[position] == byte else { return false }
    position += 1
    return true
  }

  private mutating func takeDigits(_ start: Int) throws {
    let first = position
    while position < bytes.count, isDigit(bytes[position]) { position += 1 }
    if first == position { throw JSONError.malformedNumber(offset: origin + start) }
  }

  /// Consumes a string that starts at the current position, checking UTF-8 and escapes.
  mutating func scanString() throws -> JSONStringToken {
    let start = position + 1
    var index = start
    var hasEscapes = false
    while index < bytes.count {
      switch bytes[index] {
      case UInt8(ascii: "\""):
        position = index + 1
        return JSONStringToken(range: start..<index, hasEscapes: hasEscapes)
      case UInt8(ascii: "\\"):
        hasEscapes = true
        index = try endOfEscape(at: index)
      case 0..<0x20: throw JSONError.controlCharacter(offset: origin + index)
      case 0x20..<0x80: index += 1
      default:
        let length = bytes.lengthOfUTF8Sequence(at: index)
        if length == 0 { throw JSONError.invalidUTF8(offset: origin + index) }
        index += length
      }
    }
    throw JSONError.unexpectedEnd(expected: .quote, offset: origin + bytes.count)
  }

  private func endOfEscape(at index: Int) throws -> Int {
    guard index + 1 < bytes.count else {
      throw JSONError.unexpectedEnd(expected: .quote, offset: origin + bytes.count)
    }
    switch bytes[index + 1] {
    case UInt8(ascii: "u"):
      guard let unit = codeUnit(at: index) else {
        throw JSONError.invalidEscape(offset: origin + index)
      }
      guard UTF16.isLeadSurrogate(unit) || UTF16.isTrailSurrogate(unit) else { return index + 6 }
      guard UTF16.isLeadSurrogate(unit), let next = codeUnit(at: index + 6),
        UTF16.isTrailSurrogate(next)
      else { throw JSONError.loneSurrogate(offset: origin + index) }
      return index + 12
    case let byte where Self.unescapes(byte) != nil: return index + 2
    default: throw JSONError.invalidEscape(offset: origin + index)
    }
  }

  /// The code unit of `\uXXXX` at `index`, or nil where there is none.
  private func codeUnit(at index: Int) -> UInt16? {
    guard index + 6 <= bytes.count, bytes[index] == UInt8(ascii: "\\"),
      bytes[index + 1] == UInt8(ascii: "u")
    else { return nil }
    var unit: UInt16 = 0
    for byte in bytes[index + 2..<index + 6] {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
      unit = unit << 4 | UInt16(digit)
    }
    return unit
  }

  /// The byte that a backslash and `byte` stand for, or nil.
  private static func unescapes(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): byte
    case UInt8(ascii: "b"): 0x08
    case UInt8(ascii: "f"): 0x0C
    case UInt8(ascii: "n"): 0x0A
    case UInt8(ascii: "r"): 0x0D
    case UInt8(ascii: "t"): 0x09
    default: nil
    }
  }

  /// The string that a token stands for.
  func text(of token: JSONStringToken) -> String {
    guard token.hasEscapes else { return String(decoding: bytes[token.range], as: UTF8.self) }
    return String(decoding: unescaped(token), as: UTF8.self)
  }

  /// The UTF-8 bytes that a token stands for; its escapes were checked by `scanString`.
  func unescaped(_ token: JSONStringToken) -> [UInt8] {
    var result: [UInt8] = []
    var index = token.range.lowerBound
    while index < token.range.upperBound {
      guard bytes[index] == UInt8(ascii: "\\") else {
        result.append(bytes[index])
        index += 1
        continue
      }
      if let byte = Self.unescapes(bytes[index + 1]) {
        result.append(byte)
        index += 2
        continue
      }
      var units: [UInt16] = []
      while let unit = codeUnit(at: index) {
        units.append(unit)
        index += 6
        if !UTF16.isLeadSurrogate(unit) { break }
      }
      result.append(contentsOf: String(decoding: units, as: UTF16.self).utf8)
    }
    return result
  }
}

extension UnsafeRawBufferPointer {
  /// The length of the well-formed multi-byte sequence at `index` (Unicode, table 3-7), or 0.
  func lengthOfUTF8Sequence(at index: Int) -> Int {
    let length: Int
    let second: ClosedRange<UInt8>
    switch self[index] {
    case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
    case 0xE0: (length, second) = (3, 0xA0...0xBF)
    case 0xED: (length, second) = (3, 0x80...0x9F)
    case 0xE1...0xEF: (length, second) = (3, 0x80...0xBF)
    case 0xF0: (length, second) = (4, 0x90...0xBF)
    case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
    case 0xF4: (length, second) = (4, 0x80...0x8F)
    default: return 0
    }
    guard index + length <= count, second.contains(self[index + 1]) else { return 0 }
    for place in (index + 2)..<Swift.max(index + 2, index + length) {
      guard self[place] & 0xC0 == 0x80 else { return 0 }
    }
    return length
  }
}
