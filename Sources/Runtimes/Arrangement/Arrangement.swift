// SPDX-License-Identifier: Apache-2.0

import Tensors

/// A tensor as a runtime wants it, made of tensors as a checkpoint has them: said as data, once per
/// family and runtime.
package struct Arrangement: Sendable, Equatable {
  /// Some rows of one tensor of the checkpoint. A bias is rows of one number.
  package struct Piece: Sendable, Equatable {
    package var tensor: String
    /// The matrix, or the bias, that is meant where the tensor is a stack of them; nil: all dimensions
    /// but the last are rows.
    package var matrix: Int?
    /// Whether rows and columns are exchanged first; for one matrix.
    package var isTransposed: Bool
    /// The rows that are taken; nil: all.
    package var rows: Range<Int>?
    /// The columns that are taken; nil: all.
    package var columns: Range<Int>?
    /// Of the rows, every so-manieth, beginning with the first.
    package var step: Int
    /// The order in which the rows that are taken come.
    package var order: RowOrder

    package init(
      _ tensor: String, matrix: Int? = nil, isTransposed: Bool = false, rows: Range<Int>? = nil,
      columns: Range<Int>? = nil, step: Int = 1, order: RowOrder = .same
    ) {
      self.tensor = tensor
      self.matrix = matrix
      self.isTransposed = isTransposed
      self.rows = rows
      self.columns = columns
      self.step = step
      self.order = order
    }

    /// Whether it is a whole tensor as it stands.
    var isWhole: Bool {
      matrix == nil && !isTransposed && rows == nil && columns == nil && step == 1
        && order == .same
    }
  }

  package var name: String
  package var shape: [Int]
  /// They follow each other and fill the shape.
  package var pieces: [Piece]
  /// What is added to each number; if it is not 0, the tensor is F32.
  package var addend: Float

  package init(_ name: String, shape: [Int], pieces: [Piece], addend: Float = 0) {
    self.name = name
    self.shape = shape
    self.pieces = pieces
    self.addend = addend
  }

  /// One tensor as it is.
  package init(asIs tensor: TensorDescription) {
    self.init(tensor.name, shape: tensor.shape, pieces: [Piece(tensor.name)])
  }

  /// Whether so many weights fill the shape.
  func holds(_ count: Int) -> Bool {
    var product = 1
    for extent in shape {
      let (next, overflow) = product.multipliedReportingOverflow(by: extent)
      guard !overflow, extent >= 0 else { return false }
      product = next
    }
    return product == count
  }
}
