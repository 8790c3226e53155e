// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import Tokenization

/// Each `tokenizer.model` breaks one rule; the error names it.
struct SentencePieceRefusalTests {
  /// A field of bytes: its number and what it holds.
  static func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
    [number << 3 | 2, UInt8(bytes.count)] + bytes
  }

  static func piece(_ text: String, type: UInt8? = nil) -> [UInt8] {
    field(1, field(1, Array(text.utf8)) + (type.map { [0x18, $0] } ?? []))
  }

  static let unknown = piece("<unk>", type: 2)

  static func wrong(_ key: String, _ expected: String, _ found: String) -> TokenizationError {
    .wrongValue(path: "t", key: key, expected: expected, found: found)
  }

  static func malformed(_ offset: Int, _ expected: String) -> TokenizationError {
    .malformedMessage(path: "t", byteOffset: offset, expected: expected)
  }

  static let cases: [(bytes: [UInt8], error: TokenizationError)] = [
    ([], wrong("pieces", "one of type UNKNOWN", "0 of them")),
    ([0x0A], malformed(1, "a number of at most ten bytes")),
    ([0x0A, 0x05, 0x0A], malformed(1, "a length of at most 1")),
    ([0x0A] + Array(repeating: 0xFF, count: 11), malformed(1, "a number of at most ten bytes")),
    ([0x00, 0x00], malformed(0, "a field number")),
    ([0x0B], malformed(0, "a field of wire type 0, 1, 2 or 5")),
    ([0x0D, 0x00], malformed(1, "4 bytes")),
    (field(1, [0x15, 0, 0, 0xC0, 0x7F]), wrong("pieces[0].score", "a finite number", "nan")),
    (piece("a", type: 9), wrong("pieces[0].type", "a type from 1 to 6", "9")),
    (piece(""), wrong("pieces[0].piece", "a token that isn't empty", "''")),
    (piece("<0xZZ>", type: 6), wrong("pieces[0].piece", "the spelling of a byte", "'<0xZZ>'")),
    (field(1, field(1, [0x61, 0xFF])), .notUTF8(path: "t", byteOffset: 5)),
    (unknown + piece("a") + piece("a"), .duplicateToken(path: "t", token: "a")),
    (
      unknown + piece("<0x41>", type: 6),
      wrong("pieces", "none of type BYTE without byte_fallback", "1 of them")
    ),
    (unknown + field(2, [0x98, 0x02, 1]), wrong("pieces", "256 of type BYTE", "0 of them")),
    (
      unknown + field(2, [0x18, 3]),
      .unsupportedOption(path: "t", key: "trainer_spec.model_type", value: "word")
    ),
    (unknown + field(2, [0x18, 7]), wrong("trainer_spec.model_type", "a type from 1 to 4", "7")),
    (
      unknown + field(3, field(2, [1, 2, 3])),
      wrong("normalizer_spec.precompiled_charsmap", "a character map", "malformed")
    ),
  ]

  @Test(arguments: cases)
  func `a broken model's error names what is wrong`(bytes: [UInt8], error: TokenizationError) throws
  {
    let configuration = try TokenizerConfiguration(path: "t") { _ in nil }
    #expect(throws: error) {
      try Tokenizer(sentencePiece: Data(bytes), path: "t", configuration: configuration)
    }
    #expect(!error.description.contains("\n"))
  }
}
