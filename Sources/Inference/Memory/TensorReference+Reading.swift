// SPDX-License-Identifier: Apache-2.0

import Tensors

extension TensorReference {
  /// Weights that are restored at a time: what a source needs beside them stays small, and the
  /// pieces begin where blocks and frames of the common sizes do.
  private static let pieceCount = 1 << 20

  var elementCount: Int { shape.reduce(1, *) }
  /// A matrix, which can be used some rows at a time; anything else is used as a whole.
  var isMatrix: Bool { shape.count == 2 }

  /// Reads all weights into memory, row-major, on up to `threads` threads.
  ///
  /// - Parameter weights: room for `elementCount`.
  /// - Throws: the source's first error.
  func read(
    from source: any ModelSource, into weights: UnsafeMutablePointer<Float>, threads: Int
  ) throws {
    try read(0..<elementCount, from: source, into: weights, threads: threads)
  }

  /// Reads some rows of a matrix.
  func read(
    rows: Range<Int>, from source: any ModelSource, into weights: UnsafeMutablePointer<Float>,
    threads: Int = 1
  ) throws {
    let width = shape[1]
    try read(
      rows.lowerBound * width..<rows.upperBound * width, from: source, into: weights,
      threads: threads)
  }

  private func read(
    _ elements: Range<Int>, from source: any ModelSource,
    into weights: UnsafeMutablePointer<Float>, threads: Int
  ) throws {
    let failure = FirstError()
    let pieces = (elements.count + Self.pieceCount - 1) / Self.pieceCount
    concurrently(pieces, threads: threads) { piece, _ in
      let start = elements.lowerBound + piece * Self.pieceCount
      let part = start..<min(start + Self.pieceCount, elements.upperBound)
      failure.catching {
        try source.read(
          name, elements: part,
          into: UnsafeMutableBufferPointer(
            start: weights + (part.lowerBound - elements.lowerBound), count: part.count))
      }
    }
    try failure.rethrow()
  }
}
