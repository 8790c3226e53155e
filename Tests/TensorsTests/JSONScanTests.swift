// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors
import Testing

@Suite struct JSONScanTests {
  /// The error of a text, or nil where it is accepted.
  private func error(of bytes: [UInt8], numerals: JSONNumerals = .any) throws -> JSONError? {
    do {
      try JSONScan.validate(Data(bytes), numerals: numerals)
      return nil
    } catch let error as JSONError {
      return error
    }
  }

  private func error(of text: String, numerals: JSONNumerals = .any) throws -> JSONError? {
    try error(of: Array(text.utf8), numerals: numerals)
  }

  @Test(arguments: [
    "{}", " \t\r\n[1, -2.5e+3, 0, -0.0] ", "null", "\"\\u00e9\\ud83d\\ude00é😀\\/\"",
    #"{"a":{"a":[true,false]},"b":{}}"#, "\"\u{10FFFF}\u{7F}\"", "[[],[[]],{}]",
  ])
  func `well-formed texts are accepted`(text: String) throws {
    #expect(try error(of: text) == nil)
  }

  @Test(arguments: [
    ("", JSONError.unexpectedEnd(expected: .value, offset: 0)),
    ("{\"a\"", .unexpectedEnd(expected: .colon, offset: 4)),
    ("[1", .unexpectedEnd(expected: .separator, offset: 2)),
    ("\"ab", .unexpectedEnd(expected: .quote, offset: 3)),
    ("\"ab\\", .unexpectedEnd(expected: .quote, offset: 4)),
    ("{} x", .trailingBytes(offset: 3)),
    ("{}\0", .trailingBytes(offset: 2)),
    ("[1,]", .unexpectedByte(found: 0x5D, expected: .value, offset: 3)),
    ("{\"a\":1,}", .unexpectedByte(found: 0x7D, expected: .key, offset: 7)),
    ("{a:1}", .unexpectedByte(found: 0x61, expected: .key, offset: 1)),
    ("{\"a\" 1}", .unexpectedByte(found: 0x31, expected: .colon, offset: 5)),
    ("[1 2]", .unexpectedByte(found: 0x32, expected: .separator, offset: 3)),
    ("[nul]", .unexpectedByte(found: 0x6E, expected: .literal, offset: 1)),
    ("NaN", .unexpectedByte(found: 0x4E, expected: .value, offset: 0)),
    ("\"a\u{1}\"", .controlCharacter(offset: 2)),
    ("\"\\x\"", .invalidEscape(offset: 1)),
    ("\"\\u12g4\"", .invalidEscape(offset: 1)),
    ("\"\\ud800\"", .loneSurrogate(offset: 1)),
    ("\"\\udc00\\ud800\"", .loneSurrogate(offset: 1)),
    ("\"\\ud800\\ud800\"", .loneSurrogate(offset: 1)),
    ("01", .malformedNumber(offset: 0)),
    ("[-]", .malformedNumber(offset: 1)),
    ("[1.]", .malformedNumber(offset: 1)),
    ("[1e]", .malformedNumber(offset: 1)),
  ])
  func `a malformed text names its first bad byte`(text: String, expected: JSONError) throws {
    #expect(try error(of: text) == expected)
  }

  @Test func `a byte order mark is refused`() throws {
    #expect(try error(of: [0xEF, 0xBB, 0xBF, 0x31]) == .byteOrderMark(offset: 0))
  }

  /// Overlong, surrogate, above U+10FFFF, stray continuation, cut short: Unicode, table 3-7.
  @Test(
    arguments: [
      [0xC0, 0xAF], [0xC1, 0x80], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF0, 0x80, 0x80, 0x80],
      [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0x80], [0xE2, 0x82], [0xFF],
    ] as [[UInt8]])
  func `invalid UTF-8 is refused`(sequence: [UInt8]) throws {
    #expect(try error(of: [0x22, 0x61] + sequence + [0x22]) == .invalidUTF8(offset: 2))
  }

  @Test func `duplicate keys are found at every level and in every spelling`() throws {
    #expect(
      try error(of: #"{"a":{"b":1,"b":2}}"#) == .duplicateKey(key: "b", offset: 12))
    #expect(
      try error(of: #"[{"ab":1,"\u0061b":2}]"#) == .duplicateKey(key: "ab", offset: 9))
    #expect(
      try error(of: #"{"\ud83d\ude00":1,"😀":2}"#) == .duplicateKey(key: "😀", offset: 18))
    let many = (0..<100).map { "\"k\($0)\":0" }.joined(separator: ",")
    #expect(try error(of: "{\(many)}") == nil)
    let length = many.utf8.count + 2
    #expect(try error(of: "{\(many),\"k7\":0}") == .duplicateKey(key: "k7", offset: length))
  }

  @Test func `keys that Unicode holds equivalent are different keys`() throws {
    #expect(try error(of: "{\"\u{E9}\":1,\"e\u{301}\":2}") == nil)
  }

  @Test func `sixty-four levels are accepted and sixty-five are not`() throws {
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    #expect(try error(of: nested(64)) == nil)
    #expect(try error(of: nested(65)) == .nestedTooDeep(limit: 64, offset: 64))
    #expect(
      try error(of: String(repeating: "{\"a\":", count: 1_000_000))
        == .nestedTooDeep(limit: 64, offset: 320))
  }

  @Test func `numbers that are not whole are refused on request`() throws {
    #expect(try error(of: "[1, 1.0]", numerals: .integers) == .notAnInteger(offset: 4))
    #expect(try error(of: "[1e0]", numerals: .integers) == .notAnInteger(offset: 1))
    #expect(try error(of: "[-1]", numerals: .integers) == nil)
    #expect(try error(of: "[-1]", numerals: .counts) == .negative(offset: 1))
    #expect(try error(of: "[1e0]", numerals: .counts) == .notAnInteger(offset: 1))
  }

  @Test func `a walk yields unescaped text and checked counts`() throws {
    try withBytes(#"{"a\nb": [1, 9223372036854775807], "c": "x\u0041\t", "d": null}"#) { bytes in
      var scan = try JSONScan(bytes)
      var keys: [String] = []
      try scan.object { scan, key, _ in
        keys.append(key)
        switch key {
        case "c":
          let text = try scan.string()
          #expect(text == "xA\t")
        case "d":
          let isNull = try scan.null()
          #expect(isNull)
        default:
          var numbers: [Int] = []
          try scan.array { numbers.append(try $0.count()) }
          #expect(numbers == [1, .max])
        }
      }
      try scan.finish()
      #expect(keys == ["a\nb", "c", "d"])
    }
  }

  @Test(arguments: [
    ("9223372036854775808", JSONError.numberTooLarge(offset: 10)),
    ("99999999999999999999999", .numberTooLarge(offset: 10)),
    ("-1", .negative(offset: 10)), ("1.0", .notAnInteger(offset: 10)),
    ("\"1\"", .unexpectedByte(found: 0x22, expected: .count, offset: 10)),
  ])
  func `what is no count is refused where it stands`(text: String, expected: JSONError) throws {
    try withBytes(text) { bytes in
      var scan = try JSONScan(bytes, origin: 10)
      do {
        let count = try scan.count()
        Issue.record("accepted as \(count)")
      } catch let error as JSONError {
        #expect(error == expected)
      }
    }
  }

  private func withBytes(_ text: String, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    try Data(text.utf8).withUnsafeBytes(body)
  }
}
