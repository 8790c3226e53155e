// SPDX-License-Identifier: Apache-2.0

/// A text on its way to the model, cut into pieces that no token may span.
struct Pieces {
  /// The text, valid UTF-8.
  private(set) var bytes: [UInt8]
  /// The pieces, in order, none empty; gaps between them are text that was removed.
  private(set) var ranges: [Range<Int>]
  /// Whether the first piece starts where the whole input starts.
  private(set) var opensInput: Bool

  init(_ bytes: [UInt8], opensInput: Bool) {
    self.bytes = bytes
    self.ranges = bytes.isEmpty ? [] : [0..<bytes.count]
    self.opensInput = opensInput
  }

  /// Cuts every piece further.
  ///
  /// - Parameter cut: gets a piece; returns ranges inside it, counted from its start, ascending. They
  ///   depend on nothing but the piece, for words come again and are cut once.
  mutating func split(_ cut: (Bytes) throws -> [Range<Int>]) rethrows {
    var result: [Range<Int>] = []
    result.reserveCapacity(ranges.count)
    let start = ranges.first?.lowerBound
    var cache = PieceCache<Range<Int>>()
    try bytes.withUnsafeBufferPointer { bytes in
      for range in ranges {
        let first = result.count
        try cache.append(bytes.part(range), to: &result) { piece, parts in
          for part in try cut(piece) where !part.isEmpty { parts.append(part) }
        }
        for index in first..<result.count {
          let part = result[index]
          result[index] = range.lowerBound + part.lowerBound..<range.lowerBound + part.upperBound
        }
      }
    }
    ranges = result
    opensInput = opensInput && ranges.first?.lowerBound == start
  }

  /// Writes every piece anew.
  ///
  /// - Parameter write: gets a piece and whether it opens the input; appends what replaces it.
  mutating func rewrite(_ write: (Bytes, Bool, inout [UInt8]) throws -> Void) rethrows {
    var output: [UInt8] = []
    output.reserveCapacity(bytes.count + bytes.count / 2)
    try bytes.withUnsafeBufferPointer { bytes in
      for index in ranges.indices {
        let start = output.count
        try write(bytes.part(ranges[index]), index == 0 && opensInput, &output)
        ranges[index] = start..<output.count
      }
    }
    ranges.removeAll { $0.isEmpty }
    bytes = output
  }
}
