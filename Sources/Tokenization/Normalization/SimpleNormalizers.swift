// SPDX-License-Identifier: Apache-2.0

/// Writes a string before any text that isn't empty.
struct PrependNormalizer: Normalizer {
  private let prefix: String

  init(_ part: Part) throws { prefix = try part.string("prepend") }

  func normalize(_ text: String) -> String { text.utf8.isEmpty ? text : prefix + text }
}

/// The lower-case mapping of each scalar by itself, without regard to its neighbours.
struct LowercaseNormalizer: Normalizer {
  init(_ part: Part) {}

  func normalize(_ text: String) -> String {
    text.unicodeScalars.reduce(into: "") { $0 += $1.properties.lowercaseMapping }
  }
}

/// Drops white space at either end.
struct StripNormalizer: Normalizer {
  private let left: Bool
  private let right: Bool

  init(_ part: Part) throws {
    left = try part.bool("strip_left", default: true)
    right = try part.bool("strip_right", default: true)
  }

  func normalize(_ text: String) -> String {
    var scalars = text.unicodeScalars[...]
    if left { scalars = scalars.drop(while: \.properties.isWhitespace) }
    while right, let last = scalars.last, last.properties.isWhitespace { scalars.removeLast() }
    return String(scalars)
  }
}

/// Drops combining marks: general category M in Unicode 9.
struct StripAccentsNormalizer: Normalizer {
  init(_ part: Part) {}

  func normalize(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.filter { !($0.isMark && $0.isAssigned(inUnicode: 9)) }))
  }
}

/// Writes text in the byte alphabet.
struct ByteLevelNormalizer: Normalizer {
  init(_ part: Part) {}

  func normalize(_ text: String) -> String {
    String(String.UnicodeScalarView(text.utf8.map { ByteAlphabet.scalars[Int($0)] }))
  }
}
