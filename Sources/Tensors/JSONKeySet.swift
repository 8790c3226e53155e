// SPDX-License-Identifier: Apache-2.0

/// The keys of one object, compared byte by byte.
///
/// Not a set of strings: Swift holds canonically equivalent strings equal, JSON does not. Hashing
/// is seeded, so a hostile text can't make it slow.
struct JSONKeySet {
  private struct Key: Hashable {
    let bytes: UnsafeRawBufferPointer

    static func == (a: Key, b: Key) -> Bool {
      a.bytes.count == b.bytes.count && a.bytes.elementsEqual(b.bytes)
    }

    func hash(into hasher: inout Hasher) { hasher.combine(bytes: bytes) }
  }

  /// Up to this many keys are compared one by one; most objects have no more.
  private static let fewKeys = 8

  private var few: [Key] = []
  private var many: Set<Key> = []

  /// Adds a key, whose bytes must outlive the set; false where it is in already.
  mutating func insert(_ bytes: UnsafeRawBufferPointer) -> Bool {
    let key = Key(bytes: bytes)
    guard many.isEmpty else { return many.insert(key).inserted }
    if few.contains(key) { return false }
    few.append(key)
    if few.count > Self.fewKeys { many = Set(few) }
    return true
  }
}

/// Keeps keys that had to be unescaped, as long as a scan lasts.
final class JSONKeyStorage {
  private var stored: [UnsafeMutableRawBufferPointer] = []

  func store(_ key: [UInt8]) -> UnsafeRawBufferPointer {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: key.count, alignment: 1)
    copy.copyBytes(from: key)
    stored.append(copy)
    return UnsafeRawBufferPointer(copy)
  }

  deinit { for key in stored { key.deallocate() } }
}
