// SPDX-License-Identifier: Apache-2.0

/// One variable of a `model.bin`: what it is and where its bytes are.
struct CTranslate2Variable: Sendable, Equatable {
  var name: String
  /// Outermost dimension first; empty for a scalar. Products are checked.
  var shape: [Int]
  var type: CTranslate2Type
  /// Its bytes, counted from the start of the file; checked to be inside, and as many as the shape asks
  /// for.
  var byteRange: Range<Int>

  var elementCount: Int { shape.reduce(1, *) }
  /// The first dimension; 1 for a scalar.
  var rowCount: Int { shape.first ?? 1 }
  /// Numbers per row.
  var columnCount: Int { shape.dropFirst().reduce(1, *) }
}
