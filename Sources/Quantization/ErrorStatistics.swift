// SPDX-License-Identifier: Apache-2.0

import CKernels
import Foundation

/// How far restored weights are from the weights: the sums, and what is said from them.
package struct ErrorStatistics: Sendable, Equatable {
  /// The number of weights compared.
  package var count: Int
  /// The sum of the squares of the weights.
  package var weightEnergy: Double
  /// The sum of the squares of the restored weights.
  package var restoredEnergy: Double
  /// The sum of the squared errors.
  package var errorEnergy: Double
  /// The largest error, without its sign.
  package var maximumAbsoluteError: Float

  /// Nothing compared yet.
  package init() {
    count = 0
    weightEnergy = 0
    restoredEnergy = 0
    errorEnergy = 0
    maximumAbsoluteError = 0
  }

  /// What the kernel summed over `count` weights.
  package init(_ sums: halftone_error_sums, count: Int) {
    self.count = count
    weightEnergy = sums.xx
    restoredEnergy = sums.yy
    errorEnergy = sums.ee
    maximumAbsoluteError = sums.max_absolute
  }

  /// Adds what another run of weights gave.
  package mutating func add(_ other: ErrorStatistics) {
    count += other.count
    weightEnergy += other.weightEnergy
    restoredEnergy += other.restoredEnergy
    errorEnergy += other.errorEnergy
    maximumAbsoluteError = max(maximumAbsoluteError, other.maximumAbsoluteError)
  }

  /// The mean of the squared errors; 0 where nothing was compared.
  package var meanSquaredError: Double { count == 0 ? 0 : errorEnergy / Double(count) }

  /// Signal to noise in dB: 10·log10(Σx² / Σe²); nil where there is no error.
  package var sqnr: Double? {
    errorEnergy == 0 ? nil : 10 * log10(weightEnergy / errorEnergy)
  }

  /// The cosine of the angle between weights and restored weights; 1 where both are all zero.
  ///
  /// Σxy is had from the three sums: (Σx² + Σy² − Σe²) / 2.
  package var cosineSimilarity: Double {
    let norms = (weightEnergy * restoredEnergy).squareRoot()
    if norms == 0 { return weightEnergy == restoredEnergy ? 1 : 0 }
    return min(1, (weightEnergy + restoredEnergy - errorEnergy) / 2 / norms)
  }
}
