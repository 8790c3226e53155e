// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The four normalization forms of Unicode (UAX #15).
enum UnicodeNormalizer: Normalizer {
  case canonicalComposition
  case canonicalDecomposition
  case compatibilityComposition
  case compatibilityDecomposition

  func normalize(_ text: String) -> String {
    if text.utf8.allSatisfy({ $0 < 0x80 }) { return text }
    return switch self {
    case .canonicalComposition:
      CanonicalComposition.compose(text.decomposedStringWithCanonicalMapping)
    case .canonicalDecomposition: text.decomposedStringWithCanonicalMapping
    case .compatibilityComposition:
      CanonicalComposition.compose(text.decomposedStringWithCompatibilityMapping)
    case .compatibilityDecomposition: text.decomposedStringWithCompatibilityMapping
    }
  }
}
