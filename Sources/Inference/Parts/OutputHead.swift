// SPDX-License-Identifier: Apache-2.0

/// How a final hidden state becomes logits.
struct OutputHead: Sendable {
  /// To a narrower state that the projection reads.
  var reduction: Projection?
  /// To one logit for each token; the embedding's own weights where the two are tied.
  var projection: Projection
  /// Makes each logit `softCap * tanh(logit / softCap)`.
  var softCap: Float?
}
