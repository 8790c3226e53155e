// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors

/// How far one tensor of a candidate is from the original's.
package struct TensorError: Sendable, Equatable {
  package var name: String
  package var shape: [Int]
  /// The candidate's scheme.
  package var scheme: String
  /// The original's scheme.
  package var originalScheme: String
  /// Bytes stored for the tensor in the candidate, scales and all.
  package var candidateByteCount: Int
  /// Bytes stored for the tensor in the original.
  package var originalByteCount: Int
  /// What was measured, or nil (JSON `null` in each figure) where there are no numbers to compare: a
  /// type that isn't quantized with different bytes, or weights that are not finite.
  package var statistics: ErrorStatistics?
  /// Why the candidate's weights can't be read though its file is sound; nil where they can.
  package var defect: String?

  /// Number of weights; 1 for a scalar.
  package var weightCount: Int { shape.reduce(1, *) }

  /// Bits stored per weight in the candidate; 0 for a tensor without weights.
  package var bitsPerWeight: Double {
    weightCount == 0 ? 0 : Double(candidateByteCount) * 8 / Double(weightCount)
  }

  /// True where the weights of both sides are equal.
  package var isExact: Bool { statistics?.errorEnergy == 0 }

  init(
    _ original: TensorDescription, _ candidate: TensorDescription, _ statistics: ErrorStatistics?,
    defect: String? = nil
  ) {
    name = original.name
    shape = original.shape
    scheme = candidate.scheme
    originalScheme = original.scheme
    originalByteCount = original.storedByteCount
    candidateByteCount = candidate.storedByteCount
    self.statistics = statistics
    self.defect = defect
  }
}

extension TensorError: Encodable {
  enum CodingKeys: String, CodingKey {
    case name, shape, scheme
    case originalScheme = "original_scheme"
    case originalByteCount = "original_bytes"
    case candidateByteCount = "candidate_bytes"
    case bitsPerWeight = "bits_per_weight"
  }

  package func encode(to encoder: any Encoder) throws {
    var keys = encoder.container(keyedBy: CodingKeys.self)
    try keys.encode(name, forKey: .name)
    try keys.encode(shape, forKey: .shape)
    try keys.encode(scheme, forKey: .scheme)
    try keys.encode(originalScheme, forKey: .originalScheme)
    try keys.encode(originalByteCount, forKey: .originalByteCount)
    try keys.encode(candidateByteCount, forKey: .candidateByteCount)
    try keys.encode(bitsPerWeight, forKey: .bitsPerWeight)
    try StatisticsKeys.encode(statistics, to: encoder)
  }
}

/// The keys that every set of error statistics has.
enum StatisticsKeys: String, CodingKey {
  case meanSquaredError = "mean_squared_error"
  /// `null` where the weights are equal, as JSON has no infinity.
  case sqnr = "sqnr_db"
  case maximumAbsoluteError = "max_absolute_error"
  case cosineSimilarity = "cosine_similarity"

  static func encode(_ statistics: ErrorStatistics?, to encoder: any Encoder) throws {
    var keys = encoder.container(keyedBy: Self.self)
    try keys.encode(statistics?.meanSquaredError, forKey: .meanSquaredError)
    try keys.encode(statistics?.finiteSQNR, forKey: .sqnr)
    try keys.encode(statistics?.maximumAbsoluteError, forKey: .maximumAbsoluteError)
    try keys.encode(statistics?.cosineSimilarity, forKey: .cosineSimilarity)
  }
}

extension ErrorStatistics {
  /// The SQNR in dB; nil where the weights are equal, or where they are all zero but restored as
  /// something else.
  var finiteSQNR: Double? { weightEnergy > 0 ? sqnr : nil }

  /// False where a weight was NaN or infinite on either side.
  var isFinite: Bool { (weightEnergy + restoredEnergy + errorEnergy).isFinite }
}
