// SPDX-License-Identifier: Apache-2.0

/// How products with weights are computed where they are computed from the codes.
package enum Arithmetic: String, Sendable, Codable, CaseIterable {
  /// fp32 activations, fp32 sums.
  case exact
  /// Activations rounded to signed bytes, 32 at a time, and whole-number products where the weights
  /// are codes of four or eight bits; the rest as in ``exact``.
  case fast
}
