// SPDX-License-Identifier: Apache-2.0

import Quantization

/// The same statistics over several tensors.
package struct TensorTotal: Sendable, Equatable {
  /// How many tensors were counted.
  package var tensorCount = 0
  /// How many weights they have.
  package var weightCount = 0
  package var originalByteCount = 0
  package var candidateByteCount = 0
  /// Over the tensors that have statistics.
  package var statistics = ErrorStatistics()

  /// Bits stored per weight in the candidate; 0 without weights.
  package var bitsPerWeight: Double {
    weightCount == 0 ? 0 : Double(candidateByteCount) * 8 / Double(weightCount)
  }

  init(_ tensors: [TensorError]) {
    for tensor in tensors {
      tensorCount += 1
      weightCount += tensor.weightCount
      originalByteCount += tensor.originalByteCount
      candidateByteCount += tensor.candidateByteCount
      if let statistics = tensor.statistics { self.statistics.add(statistics) }
    }
  }
}

extension TensorTotal: Encodable {
  enum CodingKeys: String, CodingKey {
    case tensorCount = "tensors"
    case weightCount = "weights"
    case originalByteCount = "original_bytes"
    case candidateByteCount = "candidate_bytes"
    case bitsPerWeight = "bits_per_weight"
  }

  package func encode(to encoder: any Encoder) throws {
    var keys = encoder.container(keyedBy: CodingKeys.self)
    try keys.encode(tensorCount, forKey: .tensorCount)
    try keys.encode(weightCount, forKey: .weightCount)
    try keys.encode(originalByteCount, forKey: .originalByteCount)
    try keys.encode(candidateByteCount, forKey: .candidateByteCount)
    try keys.encode(bitsPerWeight, forKey: .bitsPerWeight)
    try StatisticsKeys.encode(statistics, to: encoder)
  }
}
