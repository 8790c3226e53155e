// SPDX-License-Identifier: Apache-2.0

/// A map from byte strings to numbers: open addressing over one arena, lookups without allocation.
///
/// `Dictionary<String, _>` won't do: it takes canonically equivalent strings for one key.
struct ByteTable: Sendable {
  private struct Entry {
    var start: Int
    var length: Int
    var hash: UInt64
    var value: Int32
  }

  private var arena: [UInt8] = []
  private var entries: [Entry] = []
  /// Indices into `entries`, or -1; a power of two of them, at most half in use.
  private var slots: [Int32]

  init(capacity: Int = 8) {
    var size = 16
    while size < 2 * capacity { size *= 2 }
    slots = Array(repeating: -1, count: size)
    entries.reserveCapacity(capacity)
  }

  var count: Int { entries.count }

  /// The value of `key`, or nil.
  ///
  /// O(length of the key).
  subscript(key: Bytes) -> Int32? {
    let entry = slots[slot(of: key, hash: Self.hash(key))]
    return entry < 0 ? nil : entries[Int(entry)].value
  }

  /// Adds a key; returns false, and changes nothing, where it's there already.
  mutating func insert(_ key: Bytes, _ value: Int32) -> Bool {
    let hash = Self.hash(key)
    var slot = slot(of: key, hash: hash)
    guard slots[slot] < 0 else { return false }
    if 2 * (entries.count + 1) > slots.count {
      grow()
      slot = self.slot(of: key, hash: hash)
    }
    slots[slot] = Int32(entries.count)
    entries.append(Entry(start: arena.count, length: key.count, hash: hash, value: value))
    arena.append(contentsOf: key)
    return true
  }

  /// Forgets all keys and keeps the memory.
  mutating func removeAll() {
    arena.removeAll(keepingCapacity: true)
    entries.removeAll(keepingCapacity: true)
    for index in slots.indices { slots[index] = -1 }
  }

  /// The slot that holds `key`, or the free one where it belongs.
  private func slot(of key: Bytes, hash: UInt64) -> Int {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while true {
      let index = slots[slot]
      guard index >= 0 else { return slot }
      let entry = entries[Int(index)]
      if entry.hash == hash, entry.length == key.count, matches(entry, key) { return slot }
      slot = (slot + 1) & mask
    }
  }

  private func matches(_ entry: Entry, _ key: Bytes) -> Bool {
    for offset in 0..<key.count where arena[entry.start + offset] != key[offset] { return false }
    return true
  }

  private mutating func grow() {
    slots = Array(repeating: -1, count: 2 * slots.count)
    let mask = slots.count - 1
    for index in entries.indices {
      var slot = Int(truncatingIfNeeded: entries[index].hash) & mask
      while slots[slot] >= 0 { slot = (slot + 1) & mask }
      slots[slot] = Int32(index)
    }
  }

  /// Eight bytes at a time through a multiplication whose halves are folded.
  private static func hash(_ key: Bytes) -> UInt64 {
    var state = UInt64(key.count) &+ 0x9E37_79B9_7F4A_7C15
    var word: UInt64 = 0
    for index in key.indices {
      word = word << 8 | UInt64(key[index])
      if index & 7 == 7 {
        state = mix(state ^ word)
        word = 0
      }
    }
    return mix(state ^ word)
  }

  private static func mix(_ value: UInt64) -> UInt64 {
    let product = value.multipliedFullWidth(by: 0xA076_1D64_78BD_642F)
    return product.high ^ product.low
  }
}
