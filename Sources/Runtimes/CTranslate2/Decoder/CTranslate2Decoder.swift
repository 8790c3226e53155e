// SPDX-License-Identifier: Apache-2.0

/// What CTranslate2 must be told of a decoder beside its weights: all its settings, in the words of this
/// program.
///
/// A family makes one out of a `config.json`, and finds itself in one that was read; the names of the
/// variables stand in `CTranslate2Decoder+Scalars.swift` alone.
struct CTranslate2Decoder: Sendable, Equatable {
  /// The activations; the raw values are the file's.
  enum Activation: Int, Sendable {
    case relu, geluTanh, swish, gelu, geluSigmoid, tanh, sigmoid
  }

  enum Norm: Sendable {
    /// Mean and variance; a weight and a bias.
    case layer
    /// The root mean square; a weight.
    case rootMeanSquare
    /// The same, with a weight that is stored less one.
    case rootMeanSquareLessOne
  }

  /// How the two parts of a layer follow each other, and which norms they have.
  enum Flow: Sendable {
    /// One after the other, each with a norm of its own.
    case sequential
    /// Side by side, after one norm.
    case sharedNorm
    /// Side by side, after a norm each.
    case parallel
    /// One after the other, each between two norms.
    case surrounded
  }

  enum Position: Sendable, Equatable {
    /// A table of vectors that are added to the embeddings.
    case learned
    /// What is added to scores falls with the distance.
    ///
    /// - `countsFromStart`: whether positions count up from the first key, or down to the last.
    /// - `isScaled`: whether it is scaled as the scores are.
    case linearBias(countsFromStart: Bool, isScaled: Bool)
    case rotary(CTranslate2Rotary)
  }

  /// What may differ from layer to layer.
  struct Layer: Sendable, Equatable {
    /// How many positions attention looks back; 0 for all, nil where the model says nothing.
    var window: Int?
    /// Rotary positions where they are not the decoder's.
    var rotary: CTranslate2Rotary?
    /// What scores are multiplied with, where it is not 1/√(head size).
    var queryScale: Float?
  }

  var layerCount: Int
  var hiddenSize: Int
  var headCount: Int
  var keyValueHeadCount: Int
  var headSize: Int
  var activation: Activation
  var position: Position
  var norm = Norm.layer
  var epsilon: Float = 1e-5
  var isGated = false
  var flow = Flow.sequential
  /// Whether a norm comes before its part, or after the sum.
  var normalizesBefore = true
  /// Whether each query and key head is normalized.
  var normalizesHeads = false
  var normalizesEmbedding = false
  /// Whether embeddings are multiplied by the square root of their width.
  var scalesEmbedding = false
  /// The cap on logits.
  var finalCap: Float?
  /// How many positions attention looks back in all layers.
  var window: Int?
  /// As many as there are layers.
  var layers: [Layer] = []

  /// Rows of all query heads.
  var querySize: Int { headCount * headSize }
  /// Rows of all key heads.
  var keySize: Int { keyValueHeadCount * headSize }
}

/// Rotary positions.
struct CTranslate2Rotary: Sendable, Equatable {
  enum Scaling: Sendable, Equatable {
    case none
    case linear(factor: Float)
    case llama3(factor: Float, lowFactor: Float, highFactor: Float, trainedLength: Int)
    case long(shortFactors: [Float], longFactors: [Float], trainedLength: Int, length: Int)
  }

  /// How many numbers of a head are rotated; 0 for all.
  var size = 0
  var base: Float = 10_000
  var scaling = Scaling.none
  /// How many positions the model is made for, where it says so without stretching them.
  var length: Int?
}
