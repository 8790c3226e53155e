// SPDX-License-Identifier: Apache-2.0

/// How the rows of a matrix are divided among threads: several chunks for each, so that one that is
/// interrupted does not keep the others waiting for long.
struct RowChunks {
  private let rowCount: Int
  private let chunkRowCount: Int

  /// - Parameters:
  ///   - least: rows of a chunk below which a chunk is not worth a thread's while.
  ///   - most: rows of the largest chunk.
  init(rowCount: Int, threads: Int, least: Int, most: Int = .max) {
    self.rowCount = rowCount
    let even = (rowCount + 4 * threads - 1) / (4 * threads)
    chunkRowCount = max(1, min(threads > 1 ? max(least, even) : rowCount, most))
  }

  var count: Int { (rowCount + chunkRowCount - 1) / chunkRowCount }

  /// The rows of a chunk.
  subscript(_ chunk: Int) -> Range<Int> {
    chunk * chunkRowCount..<min((chunk + 1) * chunkRowCount, rowCount)
  }
}
