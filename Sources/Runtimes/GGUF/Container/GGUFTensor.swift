// SPDX-License-Identifier: Apache-2.0

/// One tensor of a GGUF file: what it is and where its bytes are.
package struct GGUFTensor: Sendable, Equatable {
  package var name: String
  package var type: GGUFType
  /// Outermost dimension first, so the reverse of the file's order; at most four, products checked.
  package var shape: [Int]
  /// Its bytes, counted from the start of the file; checked to be inside.
  package var byteRange: Range<Int>

  /// The number of weights.
  package var elementCount: Int { shape.reduce(1, *) }
  /// Length of the innermost dimension; whole blocks. 1 for a scalar.
  package var columnCount: Int { shape.last ?? 1 }
}
