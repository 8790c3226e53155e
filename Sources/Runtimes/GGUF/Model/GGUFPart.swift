// SPDX-License-Identifier: Apache-2.0

import Tensors

/// A checkpoint's tensor inside a GGUF file: all of a stored tensor, or one matrix of a stack.
struct GGUFPart: Sendable {
  /// As a checkpoint has it.
  var description: TensorDescription
  /// The file and the tensor in it.
  var file: Int
  var tensor: Int
  /// The stored weight at which it begins.
  var start = 0
  var rows = RowOrder.same
  /// Whether rows and columns are exchanged; then ``rows`` is `same`.
  var isTransposed = false
  /// What is added to each number.
  var addend: Float = 0

  /// Whether the stored bytes are the checkpoint's, in its order.
  var isVerbatim: Bool { rows == .same && !isTransposed && addend == 0 }

  /// Calls `body` for runs that lie together in the file, in the checkpoint's order.
  ///
  /// - Parameters:
  ///   - elements: weights of the checkpoint's tensor; it is not transposed.
  ///   - body: receives the first stored weight and the length of each run.
  func forEachRun(
    of elements: Range<Int>, _ body: (_ stored: Int, _ count: Int) throws -> Void
  ) rethrows {
    guard rows != .same else {
      if !elements.isEmpty { try body(start + elements.lowerBound, elements.count) }
      return
    }
    // A bias is rows of one number.
    let width = description.shape.count < 2 ? 1 : description.columnCount
    var next = elements.lowerBound
    while next < elements.upperBound {
      let (row, column) = (next / width, next % width)
      let count = min(width - column, elements.upperBound - next)
      try body(start + rows.stored(row) * width + column, count)
      next += count
    }
  }
}
