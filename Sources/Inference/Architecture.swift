// SPDX-License-Identifier: Apache-2.0

/// A decoder as explicit parts: which tensors it has and what is computed with them.
///
/// A family's only work is to make this value out of `config.json`; ``Decoder`` runs any of them.
/// What one family needs and another doesn't is a case or an optional of a part, never a question
/// for the family's name.
struct Architecture: Sendable {
  /// Token embedding, `vocabularySize * hiddenSize`.
  var embedding: TensorReference
  var layers: [Layer]
  var finalNorm: Norm
  /// The output head: the embedding itself where the two are tied.
  var head: Projection
  /// The longest window that the positions cover.
  var contextLength: Int
  /// Which stored tensors are the network's own, and so must all be used.
  var ownership: TensorOwnership

  var vocabularySize: Int { embedding.shape[0] }
  var hiddenSize: Int { embedding.shape[1] }
}

/// One decoder layer.
struct Layer: Sendable {
  var attentionNorm: Norm
  var attention: Attention
  var feedForwardNorm: Norm
  var feedForward: FeedForward
  var residual: ResidualOrder
}

/// In which order a layer's two parts read from and add to the hidden state.
enum ResidualOrder: Sendable {
  /// `x += attention(norm(x))`, then `x += feedForward(norm(x))`.
  case sequential
}

/// How a hidden state is normalized before a part reads it.
enum Norm: Sendable {
  /// `x / sqrt(mean(x * x) + epsilon) * weight`
  case rootMeanSquare(weight: TensorReference, epsilon: Float)
}

/// A linear map: `y = weight * x + bias`.
struct Projection: Sendable {
  /// Rows of `inputSize`, one for each output.
  var weight: TensorReference
  /// One for each output.
  var bias: TensorReference?

  var outputSize: Int { weight.shape[0] }
  var inputSize: Int { weight.shape[1] }

  /// The projection under a module's name: `name.weight` and, where asked for, `name.bias`.
  init(_ name: String, from inputSize: Int, to outputSize: Int, bias: Bool = false) {
    weight = TensorReference(name: "\(name).weight", shape: [outputSize, inputSize])
    self.bias = bias ? TensorReference(name: "\(name).bias", shape: [outputSize]) : nil
  }
}

/// Causal self-attention; consecutive query heads share one key and value head.
struct Attention: Sendable {
  var query: Projection
  var key: Projection
  var value: Projection
  var output: Projection
  var headCount: Int
  /// Divides `headCount`.
  var keyValueHeadCount: Int
  /// Weights per head.
  var headSize: Int
  /// What the products of queries and keys are multiplied with before the softmax.
  var scale: Float
  var position: RotaryEmbedding
  /// Norms of each query head and each key head, before they are rotated.
  var headNorms: HeadNorms?
  /// How many positions a query sees, its own included; nil for all up to its own.
  var window: Int?
}

/// The norms that a query head and a key head go through, over the weights of one head.
struct HeadNorms: Sendable {
  var query: Norm
  var key: Norm
}

/// What follows attention in a layer.
enum FeedForward: Sendable {
  /// `down(activation(gate(x)) * up(x))`
  case gated(gate: Projection, up: Projection, down: Projection, activation: Activation)
}

/// The nonlinearity of a feed-forward part.
enum Activation: Sendable {
  /// `x / (1 + exp(-x))`
  case silu
}

/// A tensor that the network needs, by name and shape.
struct TensorReference: Sendable, Hashable {
  var name: String
  var shape: [Int]
}
