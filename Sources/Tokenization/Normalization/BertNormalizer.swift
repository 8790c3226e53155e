// SPDX-License-Identifier: Apache-2.0

/// BERT's clean-up: control characters, spaces around Chinese characters, accents, case.
///
/// The reference library's categories are those of Unicode 8, so that later marks and control
/// characters stay.
struct BertNormalizer: Normalizer {
  private let cleansText: Bool
  private let isolatesChinese: Bool
  private let stripsAccents: Bool
  private let lowercases: Bool

  init(_ part: Part) throws {
    cleansText = try part.bool("clean_text", default: true)
    isolatesChinese = try part.bool("handle_chinese_chars", default: true)
    lowercases = try part.bool("lowercase", default: true)
    stripsAccents = try part.bool("strip_accents", default: lowercases)
  }

  func normalize(_ text: String) -> String {
    var scalars = Array(text.unicodeScalars)
    if cleansText { scalars = scalars.filter { !Self.isRemoved($0) }.map(Self.spaced) }
    if isolatesChinese {
      scalars = scalars.flatMap { Self.isChinese($0) ? [" ", $0, " "] : [$0] }
    }
    if stripsAccents {
      let text = String(String.UnicodeScalarView(scalars))
      scalars = UnicodeNormalizer.canonicalDecomposition.normalize(text).unicodeScalars
        .filter {
          !($0.properties.generalCategory == .nonspacingMark && $0.isAssigned(inUnicode: 8))
        }
    }
    if lowercases {
      scalars = scalars.flatMap { Array($0.properties.lowercaseMapping.unicodeScalars) }
    }
    return String(String.UnicodeScalarView(scalars))
  }

  private static func isRemoved(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "\t", "\n", "\r": false
    case "\0", "\u{FFFD}": true
    default: scalar.isOther && scalar.isAssigned(inUnicode: 8)
    }
  }

  private static func spaced(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    scalar.properties.isWhitespace ? " " : scalar
  }

  /// The blocks of ideographs that BERT's own code lists.
  private static func isChinese(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F,
      0x2B740...0x2B81F, 0x2B920...0x2CEAF, 0xF900...0xFAFF, 0x2F800...0x2FA1F:
      true
    default: false
    }
  }
}
