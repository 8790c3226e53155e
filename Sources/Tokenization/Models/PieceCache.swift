// SPDX-License-Identifier: Apache-2.0

/// The ids of pieces that were tokenized before, for one run over a text.
struct PieceCache {
  /// Longer pieces hardly come twice.
  static let pieceLimit = 64
  /// With so many pieces, the cache is emptied and starts again.
  static let entryLimit = 1 << 16

  private var pieces = ByteTable(capacity: 1 << 10)
  private var ranges: [Range<Int32>] = []
  private var storage: [Int32] = []

  /// Appends the ids of `piece`, from here or from `model`.
  mutating func tokenize(_ piece: Bytes, by model: any TokenizerModel, into ids: inout [Int32])
    throws
  {
    guard piece.count <= Self.pieceLimit else { return try model.tokenize(piece, into: &ids) }
    if let index = pieces[piece] {
      let range = ranges[Int(index)]
      for position in range { ids.append(storage[Int(position)]) }
      return
    }
    let start = ids.count
    try model.tokenize(piece, into: &ids)
    if ranges.count == Self.entryLimit {
      pieces.removeAll()
      ranges.removeAll(keepingCapacity: true)
      storage.removeAll(keepingCapacity: true)
    }
    _ = pieces.insert(piece, Int32(ranges.count))
    let first = Int32(storage.count)
    storage.append(contentsOf: ids[start...])
    ranges.append(first..<Int32(storage.count))
  }
}
