// SPDX-License-Identifier: Apache-2.0

/// How products with weights are computed where they are computed from the codes.
package enum Arithmetic: String, Sendable, CaseIterable {
  /// fp32 activations, fp32 sums.
  case exact
  /// Activations rounded to signed bytes, 32 at a time, and whole-number products where the weights
  /// are codes of four or eight bits; the rest as in ``exact``.
  case fast
}

/// Which products a decoder computes.
package enum ProductRule: Sendable, Equatable {
  /// Each is OpenBLAS' on slabs of fp32 weights, so that a result depends on the model and the tokens
  /// alone: what verification wants.
  case dense
  /// Few rows are multiplied straight from the codes, which is several times as fast; a result may
  /// then differ by rounding with how many rows are computed together.
  case coded(Arithmetic)
}
