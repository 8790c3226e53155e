// SPDX-License-Identifier: Apache-2.0

import Tensors

/// A piece of an arranged tensor, with the numbers that say where each of its weights stands.
struct ArrangedPiece: Sendable {
  let tensor: TensorDescription
  /// The piece's first weight in the arranged tensor, and how many there are.
  let start: Int
  let count: Int
  let isTransposed: Bool
  /// Whether the weights stand as they follow each other.
  let isRun: Bool

  /// The first weight of the matrix in its tensor, and the tensor's columns.
  private let base: Int
  private let columns: Int
  /// The length of the piece's rows.
  private let width: Int
  private let firstRow: Int
  private let step: Int
  private let order: RowOrder

  /// Finds the piece in its tensor.
  ///
  /// - Returns: nil where the tensor has no such rows.
  init?(_ piece: Arrangement.Piece, of tensor: TensorDescription, start: Int) {
    var (rows, columns) = (tensor.rowCount, tensor.columnCount)
    if tensor.shape.count < 2 { (rows, columns) = (tensor.elementCount, 1) }
    var base = 0
    if let matrix = piece.matrix {
      guard (2...3).contains(tensor.shape.count), (0..<tensor.shape[0]).contains(matrix) else {
        return nil
      }
      rows = tensor.shape[1]
      if tensor.shape.count == 2 { columns = 1 }
      base = matrix * rows * columns
    }
    if piece.isTransposed, tensor.shape.count != (piece.matrix == nil ? 2 : 3) { return nil }
    let available = piece.isTransposed ? columns : rows
    let taken = piece.rows ?? 0..<available
    guard piece.step > 0, taken.lowerBound >= 0, taken.upperBound <= available else { return nil }
    let width = piece.isTransposed ? rows : columns
    let takenColumns = piece.columns ?? 0..<width
    guard takenColumns.lowerBound >= 0, takenColumns.upperBound <= width else { return nil }
    let rowCount = (taken.count + piece.step - 1) / piece.step
    guard piece.order.fits(rowCount) else { return nil }
    self.tensor = tensor
    self.start = start
    self.base = base + takenColumns.lowerBound * (piece.isTransposed ? columns : 1)
    self.columns = columns
    self.width = takenColumns.count
    count = rowCount * takenColumns.count
    isTransposed = piece.isTransposed
    isRun =
      !piece.isTransposed && takenColumns.count == width && piece.step == 1 && piece.order == .same
    firstRow = taken.lowerBound
    step = piece.step
    order = piece.order
  }

  /// Calls `body` for runs of the piece's weights that stand together in the tensor, in order.
  ///
  /// - Parameter elements: weights of the piece, which is not transposed.
  func forEachRun(
    of elements: Range<Int>, _ body: (_ stored: Int, _ count: Int) throws -> Void
  ) rethrows {
    if isRun {
      if !elements.isEmpty {
        try body(base + firstRow * width + elements.lowerBound, elements.count)
      }
      return
    }
    try forEachRow(of: elements) { row, columns in
      try body(base + row * self.columns + columns.lowerBound, columns.count)
    }
  }

  /// Calls `body` for the columns of the tensor that are rows of the piece, in order.
  ///
  /// - Parameters:
  ///   - elements: weights of the piece, which is transposed.
  ///   - body: receives the first weight of the column in the tensor, and which of the column's weights
  ///     are asked for; they are ``stride`` apart.
  func forEachColumn(
    of elements: Range<Int>, _ body: (_ first: Int, _ places: Range<Int>) throws -> Void
  ) rethrows {
    try forEachRow(of: elements) { column, places in try body(base + column, places) }
  }

  /// How far the weights of a column are apart.
  var stride: Int { columns }

  /// The part of the tensor in which weights of the piece stand.
  func span(of elements: Range<Int>) -> Range<Int> {
    var (lower, upper) = (Int.max, 0)
    func include(_ range: Range<Int>) {
      lower = min(lower, range.lowerBound)
      upper = max(upper, range.upperBound)
    }
    if isTransposed {
      forEachColumn(of: elements) { first, places in
        include(first + places.lowerBound * columns..<first + (places.upperBound - 1) * columns + 1)
      }
    } else {
      forEachRun(of: elements) { include($0..<$0 + $1) }
    }
    return lower < upper ? lower..<upper : 0..<0
  }

  private func forEachRow(
    of elements: Range<Int>, _ body: (_ row: Int, _ columns: Range<Int>) throws -> Void
  ) rethrows {
    var next = elements.lowerBound
    while next < elements.upperBound {
      let (row, column) = (next / width, next % width)
      let count = min(width - column, elements.upperBound - next)
      try body(firstRow + step * order.original(row), column..<column + count)
      next += count
    }
  }
}

extension RowOrder {
  /// Whether so many rows can be in this order: whole heads, and all groups.
  func fits(_ rowCount: Int) -> Bool {
    switch self {
    case .same: true
    case .rotary(let size): size > 0 && size % 2 == 0 && rowCount % size == 0
    case .gathered(let groups, let queries, let size):
      groups > 0 && queries > 0 && size > 0 && rowCount == groups * (queries + 2) * size
    }
  }
}
