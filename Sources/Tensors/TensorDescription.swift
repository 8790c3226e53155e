// SPDX-License-Identifier: Apache-2.0

/// A tensor as its source lists it: what it is, not its bytes.
public struct TensorDescription: Sendable, Equatable {
  /// The tensor's full name, as in `model.layers.0.mlp.down_proj.weight`.
  public var name: String
  /// The dimensions, outermost first; empty for a scalar. Row-major.
  public var shape: [Int]
  /// What one weight is (or was, before quantization).
  public var elementType: ElementType
  /// How the tensor is encoded: a scheme's name (`nf4`), or the element type in lower case (`bf16`)
  /// where its numbers stand as they are.
  public var scheme: String
  /// Everything that is stored for the tensor, scales and codebooks included, before compression.
  public var storedByteCount: Int

  /// Describes one tensor; see the properties.
  public init(
    name: String, shape: [Int], elementType: ElementType, scheme: String, storedByteCount: Int
  ) {
    self.name = name
    self.shape = shape
    self.elementType = elementType
    self.scheme = scheme
    self.storedByteCount = storedByteCount
  }

  /// The number of weights: the product of the shape, 1 for a scalar. Sources check that it fits.
  public var elementCount: Int { shape.reduce(1, *) }

  /// Length of the innermost dimension; 1 for a scalar.
  public var columnCount: Int { shape.last ?? 1 }

  /// Number of rows: all dimensions but the innermost, multiplied.
  public var rowCount: Int { shape.dropLast().reduce(1, *) }
}
