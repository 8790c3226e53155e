// SPDX-License-Identifier: Apache-2.0

/// Cuts at the matches of a pattern.
///
/// Several types of `tokenizer.json` are this with a fixed pattern.
struct SplitPreTokenizer: PreTokenizer {
  let pattern: any TextPattern
  let behavior: SplitBehavior
  var isInverted = false

  func apply(to pieces: inout Pieces) throws {
    try pieces.split { try behavior.cut($0, at: pattern, inverted: isInverted) }
  }
}

extension SplitPreTokenizer {
  init(split part: Part) throws {
    pattern = try part.pattern("pattern")
    behavior = try part.splitBehavior("behavior")
    isInverted = try part.bool("invert", default: false)
  }

  init(digits part: Part) throws {
    pattern = ScalarPattern { $0.isNumber }
    behavior = try part.bool("individual_digits", default: false) ? .isolated : .contiguous
  }

  init(punctuation part: Part) throws {
    pattern = ScalarPattern { $0.isASCIIPunctuation || $0.isPunctuation }
    behavior = try part.splitBehavior("behavior", default: .isolated)
  }

  init(delimiter part: Part) throws {
    let delimiter = try part.scalar("delimiter")
    pattern = ScalarPattern { $0 == delimiter }
    behavior = .removed
  }

  /// Words and runs of what's neither word nor space; the space between goes.
  init(words part: Part) throws {
    pattern = try part.regularExpression(#"\w+|[^\w\s]+"#, for: part.name("type"))
    behavior = .removed
    isInverted = true
  }

  static let whitespace = SplitPreTokenizer(
    pattern: ScalarPattern { $0.properties.isWhitespace }, behavior: .removed)
}
