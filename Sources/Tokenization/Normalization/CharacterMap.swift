// SPDX-License-Identifier: Apache-2.0

/// SentencePiece's compiled character map: a double-array trie whose values are offsets into a pool
/// of zero-terminated replacements.
///
/// The layout is that of SentencePiece's `precompiled_charsmap`: the trie's size in bytes (u32,
/// little-endian), its units (u32 each), the pool.
struct CharacterMap: Sendable {
  private let units: [UInt32]
  private let pool: [UInt8]

  /// Nil where `bytes` isn't laid out so.
  init?(_ bytes: some RandomAccessCollection<UInt8>) {
    let bytes = Array(bytes)
    func word(at offset: Int) -> UInt32 {
      (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << UInt32(8 * $1) }
    }
    guard bytes.count >= 4 else { return nil }
    let size = Int(word(at: 0))
    guard size > 0, size % 4 == 0, size <= bytes.count - 4 else { return nil }
    pool = Array(bytes[(4 + size)...])
    guard UTF8Check.firstMalformedByte(of: pool) == nil else { return nil }
    units = stride(from: 4, to: 4 + size, by: 4).map(word)
  }

  /// Reports the keys that begin `text`, shortest first, as their length and what stands for them.
  ///
  /// - Parameter body: returns whether longer keys are wanted.
  func forEachPrefix(of text: some Sequence<UInt8>, _ body: (Int, ArraySlice<UInt8>) -> Bool) {
    guard let root = units.first else { return }
    var node = Self.offset(root)
    var length = 0
    for byte in text {
      node ^= Int(byte)
      guard byte != 0, units.indices.contains(node) else { return }
      let unit = units[node]
      guard unit & 0x8000_00FF == UInt32(byte) else { return }
      length += 1
      node ^= Self.offset(unit)
      if unit >> 8 & 1 == 1 {
        guard units.indices.contains(node) else { return }
        let start = Int(units[node] & 0x7FFF_FFFF)
        // An offset into the middle of a character would make malformed text.
        guard start < pool.count, pool[start] & 0xC0 != 0x80,
          body(length, pool[start...].prefix { $0 != 0 })
        else { return }
      }
    }
  }

  private static func offset(_ unit: UInt32) -> Int {
    Int(unit >> 10) << Int((unit & 0x200) >> 6)
  }
}
