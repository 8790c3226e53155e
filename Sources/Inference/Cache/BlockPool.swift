// SPDX-License-Identifier: Apache-2.0

/// Memory for keys and values, in blocks of one size, each for ``tokenCount`` tokens of one layer.
///
/// Sequences take blocks as they grow and return them one by one, so that none of them reserves
/// memory for tokens that it may never have. ("Efficient Memory Management for Large Language Model
/// Serving with PagedAttention", 2023.) A block may have several owners, who then only read it.
///
/// It belongs to one thread; what blocks hold may be read and written by several.
final class BlockPool {
  /// Tokens per block: a sequence wastes less than so many per layer, and a product with the keys of
  /// one block is still worth its call.
  static let tokenCount = 16
  /// Memory is asked for in pieces of about so many numbers, so that a small use of a large pool stays
  /// small.
  private static let arenaWeightCount = 1 << 20

  /// Numbers per block.
  let blockWidth: Int
  /// How many blocks may be in use.
  let blockLimit: Int
  private let arenaBlockCount: Int
  private var arenas: [FloatBuffer] = []
  /// Owners of each block that was ever taken; 0 for those that are free.
  private var ownerCounts: [Int] = []
  private var freeBlocks: [Int] = []
  /// How many blocks are in use, and how many were at most.
  private(set) var usedCount = 0
  private(set) var peakCount = 0

  /// - Parameters:
  ///   - blockWidth: numbers per block.
  ///   - byteLimit: how much memory blocks may take together.
  init(blockWidth: Int, byteLimit: Int) {
    self.blockWidth = max(1, blockWidth)
    blockLimit = byteLimit / (self.blockWidth * MemoryLayout<Float>.stride)
    arenaBlockCount = max(1, Self.arenaWeightCount / self.blockWidth)
  }

  var blockByteCount: Int { blockWidth * MemoryLayout<Float>.stride }

  /// The numbers of a block.
  subscript(_ block: Int) -> UnsafeMutablePointer<Float> {
    let (arena, place) = block.quotientAndRemainder(dividingBy: arenaBlockCount)
    return arenas[arena].base + place * blockWidth
  }

  /// A block with one owner, its numbers undefined.
  ///
  /// - Throws: ``InferenceError/cacheExhausted(limit:)``.
  func take() throws(InferenceError) -> Int {
    guard usedCount < blockLimit else {
      throw .cacheExhausted(limit: blockLimit * blockByteCount)
    }
    usedCount += 1
    peakCount = max(peakCount, usedCount)
    if let block = freeBlocks.popLast() {
      ownerCounts[block] = 1
      return block
    }
    ownerCounts.append(1)
    if ownerCounts.count > arenas.count * arenaBlockCount {
      arenas.append(FloatBuffer(count: arenaBlockCount * blockWidth))
    }
    return ownerCounts.count - 1
  }

  /// Whether a block has more than one owner.
  func isShared(_ block: Int) -> Bool { ownerCounts[block] > 1 }

  /// Adds an owner.
  func retain(_ block: Int) { ownerCounts[block] += 1 }

  /// Takes an owner away; a block without any is free.
  func release(_ block: Int) {
    ownerCounts[block] -= 1
    guard ownerCounts[block] == 0 else { return }
    freeBlocks.append(block)
    usedCount -= 1
  }
}
