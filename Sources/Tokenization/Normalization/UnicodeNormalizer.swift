// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The four normalization forms of Unicode (UAX #15), by the tables of Unicode 9.
///
/// The reference library, and so every model that was trained behind it, takes scalars that came
/// later for unassigned: they stay as they are and part the text around them.
enum UnicodeNormalizer: Normalizer {
  case canonicalComposition
  case canonicalDecomposition
  case compatibilityComposition
  case compatibilityDecomposition

  /// Only what is not ASCII is looked at, each stretch with the character before it, which marks may
  /// change; nothing changes an ASCII character from behind it.
  func normalize(_ text: String) -> String {
    if text.utf8.allSatisfy({ $0 < 0x80 }) { return text }
    let bytes = Array(text.utf8)
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var done = 0
    while let first = bytes[done...].firstIndex(where: { $0 >= 0x80 }) {
      let start = max(done, first - 1)
      let end = bytes[first...].firstIndex { $0 < 0x80 } ?? bytes.count
      result += bytes[done..<start]
      result += normalized(String(decoding: bytes[start..<end], as: UTF8.self)).utf8
      done = end
    }
    result += bytes[done...]
    return String(decoding: result, as: UTF8.self)
  }

  private func normalized(_ text: String) -> String {
    let scalars = text.unicodeScalars
    var result = ""
    var start = scalars.startIndex
    while let newer = scalars[start...].firstIndex(where: { !$0.isAssigned(inUnicode: 9) }) {
      result += form(of: String(scalars[start..<newer]))
      result.unicodeScalars.append(scalars[newer])
      start = scalars.index(after: newer)
    }
    return result + form(of: String(scalars[start...]))
  }

  private func form(of text: String) -> String {
    switch self {
    case .canonicalComposition:
      CanonicalComposition.compose(CanonicalDecomposition.decompose(text, compatibly: false))
    case .canonicalDecomposition: CanonicalDecomposition.decompose(text, compatibly: false)
    case .compatibilityComposition:
      CanonicalComposition.compose(CanonicalDecomposition.decompose(text, compatibly: true))
    case .compatibilityDecomposition: CanonicalDecomposition.decompose(text, compatibly: true)
    }
  }
}

extension Unicode.Scalar {
  /// Whether that major version of Unicode or an earlier one assigned it.
  func isAssigned(inUnicode version: Int) -> Bool {
    value < 0x300 || properties.age.map { $0.major <= version } ?? false
  }
}
