// SPDX-License-Identifier: Apache-2.0

import Foundation

// The loops over the vocabulary: everything that is done per logit is done in this file.

/// What one row of logits says, before it is compared with anything.
struct LogitRow {
  /// `vocabularySize` logits, fp32.
  let logits: UnsafeBufferPointer<Float>
  /// The most probable token; of equal logits the lowest id.
  let top: Int32
  /// ln Σ exp(logit).
  ///
  /// Accumulated in double around the largest logit, so that it neither overflows nor loses the
  /// small terms. NaN where a logit is NaN or +∞; −∞ counts as probability 0.
  let logSumExp: Double

  /// - Parameter logits: at least one.
  init(_ logits: UnsafeBufferPointer<Float>) {
    self.logits = logits
    var maximum = logits[0]
    var top = 0
    for index in 1..<max(1, logits.count) where logits[index] > maximum {
      maximum = logits[index]
      top = index
    }
    self.top = Int32(truncatingIfNeeded: top)
    let peak = Double(maximum)
    var sum = 0.0
    for logit in logits { sum += exp(Double(logit) - peak) }
    logSumExp = peak + log(sum)
  }

  /// ln p of a token, in nats; at most 0 up to rounding.
  func logProbability(of token: Int32) -> Double { Double(logits[Int(token)]) - logSumExp }

  /// KL(self ‖ other) in nats.
  ///
  /// With d = ln p − ln q it sums p (d + e^−d − 1) instead of p d. The two sums agree, as
  /// Σ p e^−d = Σ q = 1 = Σ p, but every term of the first is ≥ 0: nothing cancels, the result can't
  /// turn negative by rounding, so there is nothing to clamp, and an error of ε in either
  /// log-sum-exp enters as ε² instead of ε. Equal logits give d = 0, and so exactly 0.
  ///
  /// - Complexity: one `exp` per logit, two where |d| exceeds ½.
  func divergence(to other: LogitRow) -> Double {
    let shift = logSumExp - other.logSumExp
    var total = 0.0
    for index in 0..<logits.count {
      let x = Double(logits[index])
      let y = Double(other.logits[index])
      let p = exp(x - logSumExp)
      let d = (x - y) - shift
      if abs(d) <= 0.5 {
        total += p * excess(d)
      } else {
        let q = exp(y - other.logSumExp)
        total += p == 0 ? q : p * (d - 1) + q
      }
    }
    return total
  }

  /// d + e^−d − 1 for |d| ≤ ½, by its Taylor series d²/2! − d³/3! + …; relative error below 1e-12.
  ///
  /// Written out as a series because `d + expm1(-d)` cancels for small d, the usual case.
  @inline(__always)
  private func excess(_ d: Double) -> Double {
    var sum = 1.0 / 3_113_510_400
    sum = 1.0 / 239_500_800 - d * sum
    sum = 1.0 / 19_958_400 - d * sum
    sum = 1.0 / 1_814_400 - d * sum
    sum = 1.0 / 181_440 - d * sum
    sum = 1.0 / 20_160 - d * sum
    sum = 1.0 / 2_520 - d * sum
    sum = 1.0 / 360 - d * sum
    sum = 1.0 / 60 - d * sum
    sum = 1.0 / 12 - d * sum
    sum = 1.0 / 3 - d * sum
    sum = 1.0 - d * sum
    return d * d / 2 * sum
  }
}
