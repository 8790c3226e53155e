// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Tokenization

/// Patterns and texts that a regular expression engine could choke on.
struct PatternTests {
  @Test(arguments: [
    (#"\p{N}{1,3}+"#, #"\p{N}+"#), (#"a{0,2}+b"#, "a*b"), (#"[ab]{2}"#, "[ab]{2}"),
    (#" {2,}"#, #"[ \ud800][ \ud800][ \ud800]*"#),
    (#"\s+(?!\S)|\s++$"#, #"[\s]+(?![\S])|(?>[\s]+)$"#),
    (#"(?i:'s|x)?+\p{L}++"#, #"(?>(?i:'s|x)?)(?>\p{L}+)"#),
    (#"[[a]\]{1,}+]{1,}?"#, #"[[a]\]{1,}+]{1,}?"#),
    (#"(ab){2,}"#, "(ab){2,}"), (#"\x{41}{1,}é{0,}"#, #"\x{41}\x{41}*é*"#),
  ])
  func `Ruby's syntax becomes ICU's`(pattern: String, expected: String) {
    #expect(OnigurumaPattern.translated(pattern) == expected)
  }

  @Test func `a repeated interval that has no other form is refused`() {
    #expect(OnigurumaPattern.translated("a{2}+") == nil)
  }

  static let patterns = [
    #"'s| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#,
    #"\p{L}++|\s++$|\s*[\r\n]|\s+(?!\S)|\s"#,
    #"[^\r\n\p{L}]?[\p{Lu}\p{Lo}]*[\p{Ll}\p{Lo}]+|[\p{Lu}]+|\s*[\r\n]+|\s+(?!\S)|\s+"#, " {2,}",
  ]

  @Test(arguments: patterns, ["a", "A", " ", "\n", "中", "7", "e\u{301}"])
  func `a megabyte of one character is searched`(pattern: String, character: String) throws {
    var text = String(repeating: character, count: 1 << 20) + "x"
    let expression = try #require(RegularExpression(pattern))
    var end = 0
    try text.withUTF8 { bytes in try expression.forEachMatch(in: bytes) { end = $0.upperBound } }
    #expect(end <= text.utf8.count)
  }

  @Test func `a pattern that tries every way to match is an error`() throws {
    var text = String(repeating: "a", count: 60) + "!"
    let expression = try #require(RegularExpression("(a|a)+$"))
    #expect(throws: TokenizationError.patternLimit(pattern: "(a|a)+$")) {
      try text.withUTF8 { bytes in try expression.forEachMatch(in: bytes) { _ in } }
    }
  }

  @Test(arguments: [true, false])
  func `a long run of marks is sorted`(compatibly: Bool) {
    let text = "e" + String(repeating: "\u{301}\u{323}", count: 100_000)
    let decomposed = CanonicalDecomposition.decompose(text, compatibly: compatibly)
    #expect(decomposed.unicodeScalars.prefix(100_001).dropFirst().allSatisfy { $0 == "\u{323}" })
    #expect(decomposed.unicodeScalars.suffix(100_000).allSatisfy { $0 == "\u{301}" })
  }
}
