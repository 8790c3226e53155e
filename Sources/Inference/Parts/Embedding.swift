// SPDX-License-Identifier: Apache-2.0

/// How a token at a position becomes the first hidden state:
/// `norm(projection(scale * tokens[id]) + positions[position])`.
struct Embedding: Sendable {
  /// One row for each token of the vocabulary.
  var tokens: TensorReference
  var scale: Float?
  /// From a narrower row to a hidden state.
  var projection: Projection?
  var positions: LearnedPositions?
  var norm: Norm?
}

/// A row of its own for each position.
struct LearnedPositions: Sendable {
  /// Rows of a hidden state's width.
  var table: TensorReference
  /// The row of position 0.
  var firstRow: Int
}
