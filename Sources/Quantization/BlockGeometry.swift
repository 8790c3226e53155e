// SPDX-License-Identifier: Apache-2.0

/// How weights fall into blocks: the one owner of every size that follows from it.
///
/// Blocks are runs of the flat, row-major tensor and may straddle rows, as bitsandbytes cuts them; the
/// last one may be short.
package struct BlockGeometry: Equatable, Sendable {
  /// The block sizes that a user may ask for.
  package static let permittedSizes = [32, 64, 128, 256, 512, 1024, 2048, 4096]
  /// About how many weights make a slab, the unit of work and of a frame.
  package static let slabWeightGoal = 1 << 20
  /// About how many weights are read at a time, so that they are in the second-level cache meanwhile.
  package static let stripWeightGoal = 1 << 15
  /// About how many weights are encoded at a time, so that all buffers stay in the first-level cache.
  package static let chunkWeightGoal = 4096

  /// Weights per block.
  package let weightCount: Int
  /// Bits per code, 4 or 8.
  package let codeBits: Int

  package init(weightCount: Int, codeBits: Int) {
    self.weightCount = max(1, weightCount)
    self.codeBits = codeBits
  }

  /// The number of blocks of `elementCount` weights.
  package func blockCount(of elementCount: Int) -> Int {
    (elementCount + weightCount - 1) / weightCount
  }

  /// The bytes of the codes of `elementCount` weights; an odd number of nibbles is padded.
  package func codeByteCount(of elementCount: Int) -> Int {
    codeBits == 4 ? (elementCount + 1) / 2 : elementCount
  }

  /// Weights per slab: whole blocks, and an even number of them so that packed bytes never straddle.
  package var slabWeightCount: Int { Self.slabWeightGoal.rounded(toMultipleOf: 2 * weightCount) }

  /// Weights per strip: whole blocks, and an even number of them.
  package var stripWeightCount: Int { Self.stripWeightGoal.rounded(toMultipleOf: 2 * weightCount) }

  /// Weights per chunk: whole blocks, an even number of weights.
  package var chunkWeightCount: Int {
    weightCount % 2 == 0
      ? Self.chunkWeightGoal.rounded(toMultipleOf: weightCount)
      : Self.chunkWeightGoal.rounded(toMultipleOf: 2 * weightCount)
  }
}

extension Int {
  /// The largest multiple of `unit` that is not above this number, but at least one `unit`.
  fileprivate func rounded(toMultipleOf unit: Int) -> Int { Swift.max(unit, self / unit * unit) }
}
