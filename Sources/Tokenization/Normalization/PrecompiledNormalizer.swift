// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Rewrites text by a compiled character map.
///
/// A grapheme cluster of fewer than six bytes is looked up as a whole first, and the shortest key
/// that begins it replaces all of it; that is what the reference library does, and what SentencePiece
/// itself doesn't.
struct PrecompiledNormalizer: Normalizer {
  private let map: CharacterMap

  init(_ part: Part) throws {
    let encoded = try part.string("precompiled_charsmap")
    guard let data = Data(base64Encoded: encoded), let map = CharacterMap(data) else {
      throw part.wrong(
        "precompiled_charsmap", expected: "a character map in base 64", found: .string("malformed"))
    }
    self.map = map
  }

  func normalize(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for character in text {
      let cluster = String(character)
      if cluster.utf8.count < 6, let replacement = replacement(for: cluster.utf8) {
        result.append(contentsOf: replacement.unicodeScalars)
        continue
      }
      for scalar in cluster.unicodeScalars {
        if let replacement = replacement(for: String(Character(scalar)).utf8) {
          result.append(contentsOf: replacement.unicodeScalars)
        } else {
          result.append(scalar)
        }
      }
    }
    return String(result)
  }

  /// What stands for the shortest key that begins `key`, or nil.
  private func replacement(for key: some Sequence<UInt8>) -> String? {
    var result: String?
    map.forEachPrefix(of: key) { _, replacement in
      result = String(decoding: replacement, as: UTF8.self)
      return false
    }
    return result
  }
}
