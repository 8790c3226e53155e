// SPDX-License-Identifier: Apache-2.0

import CKernels

/// What one row of logits says, before it is compared with anything.
///
/// Everything that is done per logit is done by the three kernels that this type calls.
struct LogitRow {
  /// `vocabularySize` logits, fp32.
  let logits: UnsafeBufferPointer<Float>
  /// The most probable token; of equal logits the lowest id.
  let top: Int32
  /// ln Σ exp(logit).
  ///
  /// Accumulated in double around the largest logit, so that it neither overflows nor loses the
  /// small terms. Not finite where a logit is NaN or +∞; −∞ counts as probability 0.
  let logSumExp: Double

  init(_ logits: UnsafeBufferPointer<Float>) {
    self.logits = logits
    let kernels = RowKernels.active
    top = Int32(truncatingIfNeeded: kernels.table.argmax(logits.baseAddress, logits.count))
    logSumExp = kernels.table.log_sum_exp(logits.baseAddress, logits.count)
  }

  /// ln p of a token, in nats; at most 0 up to rounding.
  func logProbability(of token: Int32) -> Double { Double(logits[Int(token)]) - logSumExp }

  /// KL(self ‖ other) in nats: Σ p (ln p − ln q).
  ///
  /// Equal logits have equal logarithms, so every term, and the sum, is exactly 0. For logits that
  /// nearly agree the terms cancel, and rounding leaves about 1e-15 of either sign: below the kernels'
  /// error bounds, so the sign means nothing and −1e-9 ... 0 becomes 0. Anything more negative can't be
  /// rounding; it stays as it is, so that a defect shows instead of passing for perfect agreement.
  func divergence(to other: LogitRow) -> Double {
    let sum = RowKernels.active.table.kl_row(
      logits.baseAddress, other.logits.baseAddress, logits.count, logSumExp, other.logSumExp)
    return sum < 0 && sum > -1e-9 ? 0 : sum
  }
}

/// The kernels in use; Sendable, for the table is constant once it is chosen.
private struct RowKernels: @unchecked Sendable {
  let table: halftone_math

  static let active = RowKernels(
    table: (halftone_math_active() ?? halftone_math_for(HALFTONE_ISA_SCALAR)).pointee)
}
