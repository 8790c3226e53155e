// SPDX-License-Identifier: Apache-2.0

/// Which rule of strict JSON a text breaks, and where: offsets count bytes from the file's start.
package enum JSONError: Error, Equatable {
  /// The text starts without a byte order mark.
  case byteOrderMark(offset: Int)
  /// Strings are valid UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF.
  case invalidUTF8(offset: Int)
  /// Control characters inside strings are escaped.
  case controlCharacter(offset: Int)
  /// A backslash is followed by one of `"\/bfnrt`, or by `u` and four hexadecimal digits.
  case invalidEscape(offset: Int)
  /// An escaped surrogate is half of a pair.
  case loneSurrogate(offset: Int)
  /// The keys of an object differ, however they are spelled.
  case duplicateKey(key: String, offset: Int)
  /// Objects and arrays nest no deeper than the limit.
  case nestedTooDeep(limit: Int, offset: Int)
  /// Only white space follows the value.
  case trailingBytes(offset: Int)
  /// The text ends where its value ends.
  case unexpectedEnd(expected: JSONExpectation, offset: Int)
  /// Each byte is one that may stand at its place.
  case unexpectedByte(found: UInt8, expected: JSONExpectation, offset: Int)
  /// A number follows JSON's grammar: no leading zeros, no plus sign, digits on both sides of a dot.
  case malformedNumber(offset: Int)
  /// A number where only whole ones may stand is written without fraction and exponent.
  case notAnInteger(offset: Int)
  /// A number where only counts may stand has no minus sign.
  case negative(offset: Int)
  /// A whole number fits in 63 bits.
  case numberTooLarge(offset: Int)
}

/// What may stand at a place of a JSON text, in the words of an error message.
package enum JSONExpectation: String, Sendable {
  case value = "a value"
  case object = "an object"
  case array = "an array"
  case string = "a string"
  case count = "a count"
  case key = "a key in quotes"
  case colon = "a colon"
  case separator = "a comma or the end"
  case literal = "true, false or null"
  case quote = "the closing quote"
}

extension JSONError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .byteOrderMark(let offset): "byte order mark at byte \(offset)"
    case .invalidUTF8(let offset): "invalid UTF-8 at byte \(offset)"
    case .controlCharacter(let offset): "control character inside a string at byte \(offset)"
    case .invalidEscape(let offset): "invalid escape sequence at byte \(offset)"
    case .loneSurrogate(let offset): "half of a surrogate pair at byte \(offset)"
    case .duplicateKey(let key, let offset):
      "second key \(key.quoted) in an object at byte \(offset)"
    case .nestedTooDeep(let limit, let offset): "nested deeper than \(limit) at byte \(offset)"
    case .trailingBytes(let offset): "something follows the JSON value at byte \(offset)"
    case .unexpectedEnd(let expected, let offset):
      "ends at byte \(offset) where \(expected.rawValue) is expected"
    case .unexpectedByte(let found, let expected, let offset):
      "expected \(expected.rawValue) at byte \(offset), found 0x\(String(found, radix: 16))"
    case .malformedNumber(let offset): "malformed number at byte \(offset)"
    case .notAnInteger(let offset): "number at byte \(offset) is not written as a whole number"
    case .negative(let offset): "negative number at byte \(offset) where a count is expected"
    case .numberTooLarge(let offset): "number at byte \(offset) does not fit in 63 bits"
    }
  }
}
