// SPDX-License-Identifier: Apache-2.0

/// Causal self-attention; consecutive query heads share one key and value head.
struct Attention: Sendable {
  var input: AttentionInput
  var output: Projection
  var headCount: Int
  /// Divides `headCount`.
  var keyValueHeadCount: Int
  /// Numbers per query head and per key head.
  var headSize: Int
  /// Numbers per value head.
  var valueSize: Int
  /// What the products of queries and keys are multiplied with.
  var scale: Float
  var position: Position
  /// Limits queries, keys and values to `-clip ... clip`, before any norm.
  var clip: Float?
  /// Norms of queries and keys, before they are rotated.
  var norms: QueryKeyNorms?
  /// How many positions a query sees, its own included; nil for all up to its own.
  var window: Int?
  /// Makes each scaled product `softCap * tanh(product / softCap)`.
  var softCap: Float?
  /// A logit per head that takes part in the softmax and has no value.
  var sinks: TensorReference?
  var rounding: ScoreRounding = [.product, .scaled, .biased]
}

/// Where queries, keys and values come from.
enum AttentionInput: Sendable {
  case direct(query: Projection, key: Projection, value: Projection)
  case latent(LatentInput)
}

/// Keys and values of all heads made from one narrow state, queries perhaps from another.
///
/// A head is the rotated part followed by the part without position; of a key, all heads share the
/// rotated part. ("DeepSeek-V2", 2024, section 2.1.)
struct LatentInput: Sendable {
  /// What `query` reads; nil where that is the hidden state.
  var queryLatent: Latent?
  var query: Projection
  var latent: Latent
  /// From `latent` to the parts of the keys that have no position.
  var key: Projection
  /// From `latent` to the values.
  var value: Projection
  /// From the hidden state to the part of every head's key that is rotated.
  var sharedKey: Projection
}

/// A narrow state: `norm(projection(x))`.
struct Latent: Sendable {
  var projection: Projection
  var norm: Norm
}

/// The norms that queries and keys go through.
struct QueryKeyNorms: Sendable {
  var query: HeadNorms
  var key: HeadNorms
}

/// What of a row of heads is normalized together.
enum HeadNorms: Sendable {
  /// Each head alone, all with the same weights.
  case each(Norm)
  /// Each head alone, with weights of its own.
  case own([Norm])
  /// All heads as one row.
  case whole(Norm)
}
