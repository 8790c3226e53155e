// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The one door to a regular expression library.
///
/// Tokenizer patterns assume an engine in which `\s` is the property White_Space, `\p{L}` a general
/// category and `(?i:)` Unicode case folding. ICU, through Foundation, is such an engine.
struct RegularExpression: TextPattern {
  private let expression: NSRegularExpression

  /// Nil where `pattern` isn't valid.
  init?(_ pattern: String) {
    guard let expression = try? NSRegularExpression(pattern: pattern) else { return nil }
    self.expression = expression
  }

  /// Reports the matches from left to right, none overlapping, as offsets in bytes.
  ///
  /// The library counts UTF-16 code units; `bytes` is walked along once to translate.
  func forEachMatch(in bytes: Bytes, _ body: (Range<Int>) -> Void) throws {
    let text = bytes.text
    var cursor = UTF16Cursor()
    var failed = false
    withoutActuallyEscaping(body) { body in
      expression.enumerateMatches(
        in: text, options: .reportCompletion, range: NSRange(location: 0, length: text.utf16.count)
      ) { match, flags, _ in
        if flags.contains(.internalError) { failed = true }
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
