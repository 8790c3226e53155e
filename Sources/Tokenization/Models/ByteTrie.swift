// SPDX-License-Identifier: Apache-2.0

/// Byte strings with a number each, for finding those that begin at a place.
struct ByteTrie: Sendable {
  private var children = PairTable(capacity: 8)
  /// The number of the string that ends at each node, or -1.
  ///
  /// Node 0 is the root.
  private var values: [Int32] = [-1]

  var isEmpty: Bool { values.count == 1 }

  /// Adds a string that isn't empty; a string added twice keeps its last number.
  mutating func insert(_ string: some Sequence<UInt8>, _ value: Int32) {
    var node: Int32 = 0
    for byte in string {
      if let child = children[node, Int32(byte)] {
        node = child.id
      } else {
        let child = Int32(values.count)
        children[node, Int32(byte)] = (0, child)
        values.append(-1)
        node = child
      }
    }
    values[Int(node)] = value
  }

  /// Reports the strings that begin at `start`, shortest first, as length and number.
  func forEachPrefix(of bytes: Bytes, at start: Int, _ body: (Int, Int32) -> Void) {
    var node: Int32 = 0
    var position = start
    while position < bytes.count, let child = children[node, Int32(bytes[position])] {
      node = child.id
      position += 1
      if values[Int(node)] >= 0 { body(position - start, values[Int(node)]) }
    }
  }
}
