// SPDX-License-Identifier: Apache-2.0

import Foundation

/// SentencePiece's compiled character map: a double-array trie whose values are offsets into a pool
/// of zero-terminated replacements.
///
/// The layout is that of SentencePiece's `precompiled_charsmap`: the trie's size in bytes (u32,
/// little-endian), its units (u32 each), the pool. A grapheme cluster of fewer than six bytes is
/// looked up as a whole first, and the shortest key that begins it replaces all of it; that is what
/// the reference library does.
struct PrecompiledNormalizer: Normalizer {
  private let units: [UInt32]
  private let pool: [UInt8]

  init(_ part: Part) throws {
    let encoded = try part.string("precompiled_charsmap")
    guard let data = Data(base64Encoded: encoded), let map = Self.parse(Array(data)) else {
      throw part.wrong(
        "precompiled_charsmap", expected: "a character map in base 64", found: .string("malformed"))
    }
    (units, pool) = map
  }

  private static func parse(_ bytes: [UInt8]) -> (units: [UInt32], pool: [UInt8])? {
    func word(at offset: Int) -> UInt32 {
      (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << UInt32(8 * $1) }
    }
    guard bytes.count >= 4 else { return nil }
    let size = Int(word(at: 0))
    guard size > 0, size % 4 == 0, size <= bytes.count - 4 else { return nil }
    let pool = Array(bytes[(4 + size)...])
    guard UTF8Check.firstMalformedByte(of: pool) == nil else { return nil }
    return (stride(from: 4, to: 4 + size, by: 4).map(word), pool)
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
    guard var unit = units.first else { return nil }
    var node = Self.offset(unit)
    for byte in key where byte != 0 {
      node ^= Int(byte)
      guard units.indices.contains(node) else { return nil }
      unit = units[node]
      guard unit & 0x8000_00FF == UInt32(byte) else { return nil }
      node ^= Self.offset(unit)
      if unit >> 8 & 1 == 1 {
        guard units.indices.contains(node) else { return nil }
        let start = Int(units[node] & 0x7FFF_FFFF)
        guard start < pool.count else { return nil }
        return String(decoding: pool[start...].prefix { $0 != 0 }, as: UTF8.self)
      }
    }
    return nil
  }

  private static func offset(_ unit: UInt32) -> Int {
    Int(unit >> 10) << Int((unit & 0x200) >> 6)
  }
}
