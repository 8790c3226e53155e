// SPDX-License-Identifier: Apache-2.0

import Foundation
import Quantization

/// Something about a tensor that quantization alone does not explain.
package struct TensorFinding: Sendable, Equatable, Encodable {
  package var tensor: String
  /// What is wrong and the likely cause, one sentence.
  package var finding: String

  /// The part of the ideal 6.02 dB per stored bit that every sound encoding reaches.
  ///
  /// A Gaussian source coded at b bits per weight can't do better than 20 log₁₀ 2 · b dB. NF4 and FP4
  /// at 4.5 bits reach 0.6 to 0.76 of that, 8-bit rows with heavy tails 0.7, 2-bit k-quants 0.55; codes
  /// or scales out of place leave nothing or next to nothing.
  static let soundFraction = 0.4
  /// What every tensor that stands as plain floating-point numbers must reach, in dB: it may have been
  /// restored from any number of bits, so only gross damage shows.
  static let plainFloor = 5.0
  /// Beyond this cosine two tensors are alike up to a factor; below its complement, unrelated.
  static let likeness = 0.9

  /// Nil where nothing is wrong.
  init?(_ error: TensorError) {
    tensor = error.name
    if let defect = error.defect {
      finding = defect
      return
    }
    guard let statistics = error.statistics else {
      finding = "its weights are not finite or not the original's bytes, so no error can be given"
      return
    }
    guard statistics.errorEnergy > 0 else { return nil }
    guard let sqnr = statistics.finiteSQNR else {
      finding = "the original is all zeros and the candidate is not"
      return
    }
    let isPlain = Self.plainSchemes.contains(error.scheme)
    let floor = isPlain ? Self.plainFloor : Self.soundFraction * 20 * log10(2) * error.bitsPerWeight
    guard sqnr < floor else { return nil }
    finding =
      "\(Figures.fixed(sqnr, 1)) dB, where \(error.scheme) should reach "
      + "\(Figures.fixed(floor, 0)) or more: \(Self.cause(statistics, floor: floor))"
  }

  private static let plainSchemes: Set = ["f16", "bf16", "f32"]

  private static func cause(_ statistics: ErrorStatistics, floor: Double) -> String {
    let cosine = statistics.cosineSimilarity
    // What remains when the candidate is multiplied with the best factor.
    let rescaled = -10 * log10(max(1e-12, 1 - cosine * cosine))
    let energies = statistics.weightEnergy / statistics.restoredEnergy
    if abs(cosine) > likeness, rescaled >= floor {
      let factor = Figures.short(cosine * energies.squareRoot())
      return "times \(factor) it would reach \(Figures.fixed(rescaled, 1)) dB, "
        + "so its scales are wrong by a factor"
    }
    if abs(cosine) < 1 - likeness {
      return "it resembles the original nowhere, so rows, blocks or codes are out of order"
    }
    return "part of it resembles the original, so some scales or codes are out of place"
  }
}
