// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Canonical composition (UAX #15, D117) of text that is decomposed and in canonical order.
///
/// Foundation composes old Hangul letters and half-width ones wrongly, so that only its
/// decomposition is used; the pairs that compose are read off it once.
enum CanonicalComposition {
  static func compose(_ decomposed: String) -> String {
    var result: [Unicode.Scalar] = []
    result.reserveCapacity(decomposed.unicodeScalars.count)
    var starter: Int?
    var previousClass: UInt8 = 0
    for scalar in decomposed.unicodeScalars {
      let combiningClass = scalar.properties.canonicalCombiningClass.rawValue
      // A mark between the starter and this one blocks unless its class is lower.
      if let starter, starter == result.count - 1 || previousClass < combiningClass,
        let composite = composite(result[starter], scalar)
      {
        result[starter] = composite
        continue
      }
      if combiningClass == 0 { starter = result.count }
      previousClass = combiningClass
      result.append(scalar)
    }
    return String(String.UnicodeScalarView(result))
  }

  private static func composite(_ first: Unicode.Scalar, _ second: Unicode.Scalar)
    -> Unicode.Scalar?
  {
    if second.value < 0x300 { return nil }
    return hangul(first.value, second.value) ?? pairs[Pair(first: first, second: second)]
  }

  /// A syllable of a leading consonant and a vowel, or of those and a trailing consonant
  /// (Unicode, section 3.12).
  private static func hangul(_ first: UInt32, _ second: UInt32) -> Unicode.Scalar? {
    switch (first, second) {
    case (0x1100...0x1112, 0x1161...0x1175):
      Unicode.Scalar(0xAC00 + ((first - 0x1100) * 21 + second - 0x1161) * 28)
    case (0xAC00...0xD7A3, 0x11A8...0x11C2) where (first - 0xAC00) % 28 == 0:
      Unicode.Scalar(first + second - 0x11A7)
    default: nil
    }
  }

  private struct Pair: Hashable {
    var first: Unicode.Scalar
    var second: Unicode.Scalar
  }

  /// Where scalars with a canonical decomposition into several are, Hangul aside.
  private static let candidates: [ClosedRange<UInt32>] = [0xC0...0x33FF, 0x10000...0x1FFFF]

  private static let pairs: [Pair: Unicode.Scalar] = {
    let scalars = candidates.joined().compactMap(Unicode.Scalar.init)
      .filter { !$0.properties.isFullCompositionExclusion }
    let separated = scalars.reduce(into: String.UnicodeScalarView()) {
      $0.append($1)
      $0.append("\0")
    }
    let decompositions = String(separated).decomposedStringWithCanonicalMapping.unicodeScalars
      .split(separator: "\0")
    // Shorter ones first: the start of a longer one is then composed already.
    let entries = zip(scalars, decompositions).map { ($0, Array($1)) }
      .filter { $0.1.count > 1 && $0.1[0].properties.canonicalCombiningClass == .notReordered }
      .sorted { $0.1.count < $1.1.count }
    var pairs: [Pair: Unicode.Scalar] = [:]
    for (scalar, decomposition) in entries {
      let first = decomposition.dropFirst().dropLast().reduce(Optional(decomposition[0])) {
        first, next in first.flatMap { pairs[Pair(first: $0, second: next)] }
      }
      guard let first, let second = decomposition.last else { continue }
      pairs[Pair(first: first, second: second)] = scalar
    }
    return pairs
  }()
}
