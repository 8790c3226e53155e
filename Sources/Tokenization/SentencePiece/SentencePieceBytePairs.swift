// SPDX-License-Identifier: Apache-2.0

/// SentencePiece's byte-pair encoding: a text starts as single characters and user-defined pieces,
/// and the neighbours that together spell the piece of the greatest score become one, leftmost first,
/// until no neighbours spell one.
///
/// Unlike `tokenizer.json`'s, it has no list of merges: any two neighbours that spell a piece may
/// become it, whatever they are.
struct SentencePieceBytePairs: TokenizerModel {
  let vocabulary: Vocabulary
  /// Pieces that text can spell.
  private let spelled: ByteTable
  private let scores: [Float]
  private let userDefined: ByteTrie
  private let unused: Set<Int32>
  private let fallback: SentencePieceFallback

  init(_ file: SentencePieceFile, vocabulary: Vocabulary) {
    self.vocabulary = vocabulary
    spelled = file.spelledPieces.reduce(into: ByteTable()) { _ = $0.insert($1.text, $1.id) }
    scores = file.pieces.map(\.score)
    userDefined = file.trie(of: .userDefined)
    unused = Set(file.ids(of: .unused))
    fallback = SentencePieceFallback(file)
  }

  /// A linked list of ranges; ended symbols have an empty one.
  private struct Symbols {
    var starts: [Int32] = []
    var ends: [Int32] = []
    var next: [Int32] = []
    var previous: [Int32] = []
    var isFixed: [Bool] = []
    /// The order of the pair that starts at each symbol, by which entries of the heap are known to be
    /// out of date.
    var orders: [UInt32?] = []

    mutating func append(_ range: Range<Int>, isFixed: Bool) {
      previous.append(Int32(starts.count) - 1)
      starts.append(Int32(range.lowerBound))
      ends.append(Int32(range.upperBound))
      next.append(Int32(starts.count))
      self.isFixed.append(isFixed)
      orders.append(nil)
    }
  }

  /// - Complexity: O(n log n) lookups.
  func tokenize(_ piece: Bytes, into ids: inout [Int32]) throws {
    var symbols = symbols(of: piece)
    let end = Int32(symbols.starts.count)
    var heap = MinimumHeap()
    // How an unused piece came about, to take it apart again.
    var halves: [Int32: (Range<Int>, Range<Int>)] = [:]

    func offer(_ left: Int32) {
      guard left >= 0 else { return }
      let index = Int(left)
      symbols.orders[index] = nil
      let right = symbols.next[index]
      guard right < end, !symbols.isFixed[index], !symbols.isFixed[Int(right)] else { return }
      let (start, middle) = (Int(symbols.starts[index]), Int(symbols.ends[index]))
      let stop = Int(symbols.ends[Int(right)])
      guard let id = spelled[piece.part(start..<stop)] else { return }
      let order = Self.order(of: scores[Int(id)])
      symbols.orders[index] = order
      heap.push(UInt64(order) << 32 | UInt64(left))
      if unused.contains(id) { halves[id] = (start..<middle, middle..<stop) }
    }

    for symbol in 0..<end { offer(symbol) }
    while let entry = heap.pop() {
      let left = Int(entry & 0xFFFF_FFFF)
      guard symbols.orders[left] == UInt32(entry >> 32) else { continue }
      let right = Int(symbols.next[left])
      symbols.ends[left] = symbols.ends[right]
      symbols.next[left] = symbols.next[right]
      symbols.orders[right] = nil
      if symbols.next[right] < end { symbols.previous[Int(symbols.next[right])] = Int32(left) }
      offer(symbols.previous[left])
      offer(Int32(left))
    }
    var symbol: Int32 = 0
    var writer = fallback.writer
    while symbol < end {
      let index = Int(symbol)
      let range = Int(symbols.starts[index])..<Int(symbols.ends[index])
      append(piece, range, halves, with: &writer, to: &ids)
      symbol = symbols.next[index]
    }
  }

  private func symbols(of piece: Bytes) -> Symbols {
    var symbols = Symbols()
    var position = 0
    while position < piece.count {
      var length = 0
      if !userDefined.isEmpty {
        userDefined.forEachPrefix(of: piece, at: position) { matched, _ in length = matched }
      }
      let isFixed = length > 0
      if !isFixed { length = piece.scalar(at: position).length }
      symbols.append(position..<position + length, isFixed: isFixed)
      position += length
    }
    return symbols
  }

  /// Appends a symbol's id, or those of the symbols that an unused piece was made of.
  private func append(
    _ piece: Bytes, _ range: Range<Int>, _ halves: [Int32: (Range<Int>, Range<Int>)],
    with writer: inout SentencePieceFallback.Writer, to ids: inout [Int32]
  ) {
    var pending = [range]
    while let range = pending.popLast() {
      let text = piece.part(range)
      let id = spelled[text]
      if let id, unused.contains(id), let (left, right) = halves[id] {
        pending.append(right)
        pending.append(left)
      } else {
        writer.append(id, spelledBy: text, to: &ids)
      }
    }
  }

  /// Puts greater scores first: the bits of a float, ordered as unsigned numbers, upside down.
  private static func order(of score: Float) -> UInt32 {
    let bits = (score + 0).bitPattern
    return ~(bits >> 31 == 1 ? ~bits : bits | 0x8000_0000)
  }
}
