// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The energy of a signal and of the error that its copy makes.
package struct Energy: Sendable, Equatable, Codable {
  /// Σ x².
  package var signal: Double
  /// Σ (x − y)².
  package var noise: Double

  package init(signal: Double = 0, noise: Double = 0) {
    self.signal = signal
    self.noise = noise
  }

  static func + (a: Energy, b: Energy) -> Energy {
    Energy(signal: a.signal + b.signal, noise: a.noise + b.noise)
  }

  /// The signal-to-quantization-noise ratio, 10 log₁₀(signal / noise), in dB.
  ///
  /// Nil where the copy is exact: the ratio is then infinite, and JSON, which has no infinity, shows
  /// `null`. A signal of zero with an error gives nil as well, as there is nothing to relate it to;
  /// the two cases differ in `noise`.
  package var sqnr: Double? {
    signal > 0 && noise > 0 ? 10 * log10(signal / noise) : nil
  }
}
