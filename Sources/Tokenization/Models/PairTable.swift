// SPDX-License-Identifier: Apache-2.0

/// A map from pairs of non-negative numbers to a pair of numbers, by open addressing.
struct PairTable: Sendable {
  typealias Value = (rank: Int32, id: Int32)

  private static let free = UInt64.max
  private var keys: [UInt64]
  private var values: [Value]
  private var count = 0

  init(capacity: Int) {
    var size = 16
    while size < 2 * capacity { size *= 2 }
    keys = Array(repeating: Self.free, count: size)
    values = Array(repeating: (0, 0), count: size)
  }

  subscript(left: Int32, right: Int32) -> Value? {
    get {
      let key = Self.key(left, right)
      let slot = slot(of: key)
      return keys[slot] == key ? values[slot] : nil
    }
    set {
      guard let newValue else { return }
      let key = Self.key(left, right)
      var slot = slot(of: key)
      if keys[slot] == Self.free {
        if 2 * (count + 1) > keys.count {
          grow()
          slot = self.slot(of: key)
        }
        count += 1
      }
      keys[slot] = key
      values[slot] = newValue
    }
  }

  private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }

  private func slot(of key: UInt64) -> Int {
    let mask = keys.count - 1
    let product = key.multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
    var slot = Int(truncatingIfNeeded: product.high ^ product.low) & mask
    while keys[slot] != key, keys[slot] != Self.free { slot = (slot + 1) & mask }
    return slot
  }

  private mutating func grow() {
    var larger = PairTable(capacity: keys.count)
    for (key, value) in zip(keys, values) where key != Self.free {
      let slot = larger.slot(of: key)
      larger.keys[slot] = key
      larger.values[slot] = value
    }
    larger.count = count
    self = larger
  }
}
