// SPDX-License-Identifier: Apache-2.0

import Foundation
import Quantization
import Tensors

/// Told how many of how many weights are compared; from any thread, one call at a time.
///
/// Throwing from it stops the work; the error comes out of ``compareTensors``.
package typealias WeightProgress = @Sendable (_ done: Int, _ total: Int) throws -> Void

/// Compares two models tensor by tensor, without running either.
///
/// - Parameters:
///   - threads: how many runs are worked on at once; results do not depend on it.
/// - Throws: ``VerificationError`` where tensors are missing or have different shapes, the sources'
///   errors, and whatever `progress` throws.
/// - Complexity: one pass over both sides; 8 MB per thread, whatever the size of a tensor.
package func compareTensors(
  original: any ModelSource, candidate: any ModelSource,
  threads: Int = ProcessInfo.processInfo.activeProcessorCount,
  progress: @escaping WeightProgress = { _, _ in }
) throws -> TensorReport {
  let pairs = try matchTensors(original, candidate)
  let defects = pairs.map { candidate.defect(of: $0.original.name) }
  let runs = pairs.indices.filter { defects[$0] == nil }
    .flatMap { WeightRun.cut(pairs[$0], tensor: $0) }
  let sums = try WeightRunQueue(runs: runs, progress: progress).run(threads: threads) {
    run, buffers in
    try run.compare(pairs[run.tensor], original, candidate, buffers)
  }

  var statistics: [ErrorStatistics?] = defects.map { $0 == nil ? ErrorStatistics() : nil }
  for (run, sum) in zip(runs, sums) {
    guard let sum, sum.isFinite else {
      statistics[run.tensor] = nil
      continue
    }
    statistics[run.tensor]?.add(sum)
  }
  let names = Set(pairs.map(\.original.name))
  return TensorReport(
    tensors: zip(pairs, zip(statistics, defects)).map {
      TensorError($0.original, $0.candidate, $1.0, defect: $1.1)
    },
    extra: candidate.tensors.map(\.name).filter { !names.contains($0) }.sorted())
}

/// One tensor as both sides list it.
struct TensorPair: Sendable {
  var original: TensorDescription
  var candidate: TensorDescription

  /// True where both sides hold numbers that can be restored to fp32; otherwise bytes are compared.
  var isNumeric: Bool { original.isNumeric && candidate.isNumeric }
}

/// The tensors of the original with their partners, in the original's order.
private func matchTensors(
  _ original: any ModelSource, _ candidate: any ModelSource
) throws(VerificationError) -> [TensorPair] {
  var pairs: [TensorPair] = []
  var missing: [String] = []
  for tensor in original.tensors {
    guard let partner = candidate.description(of: tensor.name) else {
      missing.append(tensor.name)
      continue
    }
    guard tensor.shape == partner.shape else {
      throw .shapesDiffer(tensor: tensor.name, original: tensor.shape, candidate: partner.shape)
    }
    pairs.append(TensorPair(original: tensor, candidate: partner))
  }
  guard !pairs.isEmpty else {
    throw .nothingToCompare(original: original.path, candidate: candidate.path)
  }
  if let name = missing.first {
    throw .tensorsMissing(name: name, count: missing.count, candidate: candidate.path)
  }
  return pairs
}
