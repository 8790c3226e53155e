// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The one door to a regular expression library.
///
/// Tokenizer patterns assume an engine in which `\s` is the property White_Space, `\p{L}` a general
/// category and `(?i:)` Unicode case folding. ICU, through Foundation, is such an engine; only the
/// line feed ends a line, and anchors match at every line, as in the syntax that they are written in.
struct RegularExpression: TextPattern {
  /// How often the engine may report while it searches a text.
  ///
  /// It reports at places where nothing matches and after each ten thousand steps in one place.
  /// Published patterns take a few steps for each character; a pattern that tries every way to part
  /// the text takes more than any limit.
  private static func reportLimit(forLength length: Int) -> Int { 10_000 + 2 * length }

  private let expression: NSRegularExpression
  /// Whether a group is repeated, as in `(a|aa)+`: only then do the ways to match multiply.
  ///
  /// Reports cost as much as the search itself.
  private let wantsReports: Bool

  /// Nil where `pattern` isn't valid.
  init?(_ pattern: String) {
    guard let translated = OnigurumaPattern.translated(pattern),
      let expression = try? NSRegularExpression(
        pattern: translated, options: [.anchorsMatchLines, .useUnixLineSeparators])
    else { return nil }
    self.expression = expression
    wantsReports = [")*", ")+", "){"].contains { pattern.contains($0) }
  }

  /// Reports the matches from left to right, none overlapping, as offsets in bytes.
  ///
  /// The library counts UTF-16 code units; `bytes` is walked along once to translate.
  func forEachMatch(in bytes: Bytes, _ body: (Range<Int>) -> Void) throws {
    let text = bytes.text
    var cursor = UTF16Cursor()
    var failed = false
    let length = text.utf16.count
    var reports = Self.reportLimit(forLength: length)
    withoutActuallyEscaping(body) { body in
      expression.enumerateMatches(
        in: text, options: wantsReports ? [.reportCompletion, .reportProgress] : .reportCompletion,
        range: NSRange(location: 0, length: length)
      ) { match, flags, stop in
        if flags.contains(.progress) { reports -= 1 }
        if flags.contains(.internalError) || reports < 0 {
          failed = true
          stop.pointee = true
        }
        guard let range = match?.range else { return }
        let start = cursor.advance(to: range.location, in: bytes)
        let end = cursor.advance(to: range.location + range.length, in: bytes)
        body(start..<end)
      }
    }
    guard !failed else { throw TokenizationError.patternLimit(pattern: expression.pattern) }
  }
}

/// A place in UTF-8 that knows its UTF-16 offset and only moves forward.
private struct UTF16Cursor {
  private var byteOffset = 0
  private var unitOffset = 0

  mutating func advance(to unit: Int, in bytes: Bytes) -> Int {
    while unitOffset < unit, byteOffset < bytes.count {
      let length = max(UTF8Check.sequenceLength(lead: bytes[byteOffset]), 1)
      byteOffset += length
      unitOffset += length == 4 ? 2 : 1
    }
    return byteOffset
  }
}
