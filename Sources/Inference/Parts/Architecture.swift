// SPDX-License-Identifier: Apache-2.0

/// A decoder as explicit parts: which tensors it has and what is computed with them.
///
/// A family's only work is to make this value out of `config.json`; ``Decoder`` runs any of them.
/// What one family needs and another doesn't is a case or an optional of a part, never a question
/// for the family's name.
struct Architecture: Sendable {
  /// The width of a hidden state.
  var hiddenSize: Int
  var embedding: Embedding
  var layers: [Layer]
  /// Absent where the last layer's own norms end the network.
  var finalNorm: Norm?
  var head: OutputHead
  /// The longest window that the positions cover.
  var contextLength: Int
  /// Which stored tensors are the network's own, and so must all be used.
  var ownership: TensorOwnership
  var compute = Compute.f32

  var vocabularySize: Int { embedding.tokens.shape[0] }
}

/// One decoder layer: two parts, each of which reads the hidden state and adds to it.
struct Layer: Sendable {
  var attention: Attention
  var attentionNorms: BranchNorms
  var feedForward: FeedForward
  var feedForwardNorms: BranchNorms
  var order = ResidualOrder.sequential
}

/// Which hidden state the two parts of a layer read.
enum ResidualOrder: Sendable {
  /// The feed-forward part reads what attention has been added to.
  case sequential
  /// Both read the state that enters the layer, which attention is added to first.
  case parallel
  /// The same, but the sum of the two parts is what is added to the state.
  case parallelSum
}

/// The norms around a part, all of them over whole hidden states:
/// `x = sum(x + output(part(input(x))))`, where an absent norm changes nothing.
struct BranchNorms: Sendable {
  var input: Norm?
  var output: Norm?
  var sum: Norm?
}
