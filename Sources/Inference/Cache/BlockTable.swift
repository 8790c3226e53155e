// SPDX-License-Identifier: Apache-2.0

/// Which blocks hold one sequence's keys and values of one layer.
struct BlockTable {
  /// How many blocks at the start of the sequence are no longer held.
  private(set) var droppedCount = 0
  /// Those after them.
  private(set) var blocks: [Int] = []

  /// The block of a position, which must be held.
  func block(of position: Int) -> Int { blocks[position / BlockPool.tokenCount - droppedCount] }

  /// Whether all blocks from a position on are held.
  func holds(from position: Int) -> Bool { position / BlockPool.tokenCount >= droppedCount }

  /// Makes room for `count` tokens, and the last block, if tokens are to be added to it, this table's
  /// own.
  ///
  /// - Parameter used: how many tokens there are.
  mutating func reserve(_ count: Int, used: Int, from pool: BlockPool) throws(InferenceError) {
    if used % BlockPool.tokenCount != 0, count > used, let last = blocks.indices.last,
      last + droppedCount == used / BlockPool.tokenCount, pool.isShared(blocks[last])
    {
      let copy = try pool.take()
      pool[copy].update(from: pool[blocks[last]], count: pool.blockWidth)
      pool.release(blocks[last])
      blocks[last] = copy
    }
    let needed = (count + BlockPool.tokenCount - 1) / BlockPool.tokenCount
    while droppedCount + blocks.count < needed { blocks.append(try pool.take()) }
  }

  /// Returns all blocks that only hold tokens before a position.
  mutating func drop(before position: Int, to pool: BlockPool) {
    let count = min(position / BlockPool.tokenCount - droppedCount, blocks.count)
    guard count > 0 else { return }
    for block in blocks.prefix(count) { pool.release(block) }
    blocks.removeFirst(count)
    droppedCount += count
  }

  /// Returns all blocks.
  mutating func clear(to pool: BlockPool) {
    for block in blocks { pool.release(block) }
    blocks = []
    droppedCount = 0
  }

  /// The table of a sequence that begins with the same `count` tokens, with the same blocks.
  func shared(_ count: Int, in pool: BlockPool) -> BlockTable {
    let needed = (count + BlockPool.tokenCount - 1) / BlockPool.tokenCount
    var table = self
    table.blocks = Array(blocks.prefix(max(0, needed - droppedCount)))
    for block in table.blocks { pool.retain(block) }
    return table
  }
}
