// SPDX-License-Identifier: Apache-2.0

/// Numbers that the network needs: a stored tensor, or a part of one in the order that the decoder
/// computes in.
///
/// Checkpoints store the same projections in many ways: queries, keys and values fused in several
/// orders, matrices transposed, experts stacked, a norm's weight less one. All of that is undone
/// while weights are loaded, so that the arithmetic knows one layout only.
struct TensorReference: Sendable, Hashable {
  var name: String
  /// The shape that the tensor must have in the source.
  var storedShape: [Int]
  /// Which matrix or vector of a tensor that stacks several along its first axis; nil for no stack.
  var index: Int?
  /// Whether the matrix is stored as a row for each input instead of a row for each output.
  var isTransposed = false
  /// Which outputs are taken, in which order; nil for all as they are stored.
  var selection: OutputSelection?
  /// What is added to each number, after rounding.
  var offset: Float = 0
  /// Whether the numbers stay what they are where weights are rounded to a 16-bit type.
  var keepsPrecision = false

  init(name: String, shape: [Int]) {
    self.name = name
    storedShape = shape
  }

  /// The shape as the decoder sees it: outputs, and inputs where it is a matrix.
  var shape: [Int] {
    var shape = matrixShape
    if isTransposed { shape.reverse() }
    if let selection { shape[0] = selection.count }
    return shape
  }

  /// The stored shape of the one matrix or vector, before anything is selected.
  var matrixShape: [Int] { index == nil ? storedShape : Array(storedShape.dropFirst()) }

  /// How many numbers the decoder sees.
  var count: Int { shape.reduce(1, *) }
}
