// SPDX-License-Identifier: Apache-2.0

/// What was made of pieces that came before, for one run over a text: their ids, or where they are cut.
struct PieceCache<Value> {
  /// Longer pieces hardly come twice.
  private static var pieceLimit: Int { 64 }
  /// With so many pieces, the cache is emptied and starts again.
  private static var entryLimit: Int { 1 << 16 }

  private var pieces = ByteTable(capacity: 1 << 10)
  private var ranges: [Range<Int32>] = []
  private var storage: [Value] = []

  /// Appends what belongs to `piece`, from here or from `make`.
  ///
  /// - Parameter make: appends it; depends on nothing but the piece.
  mutating func append(
    _ piece: Bytes, to values: inout [Value], by make: (Bytes, inout [Value]) throws -> Void
  ) rethrows {
    guard piece.count <= Self.pieceLimit else { return try make(piece, &values) }
    if let index = pieces[piece] {
      let range = ranges[Int(index)]
      for position in range { values.append(storage[Int(position)]) }
      return
    }
    let start = values.count
    try make(piece, &values)
    if ranges.count == Self.entryLimit {
      pieces.removeAll()
      ranges.removeAll(keepingCapacity: true)
      storage.removeAll(keepingCapacity: true)
    }
    _ = pieces.insert(piece, Int32(ranges.count))
    let first = Int32(storage.count)
    storage.append(contentsOf: values[start...])
    ranges.append(first..<Int32(storage.count))
  }
}
