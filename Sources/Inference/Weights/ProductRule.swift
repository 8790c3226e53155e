// SPDX-License-Identifier: Apache-2.0

/// Which products a decoder computes.
package enum ProductRule: Sendable, Equatable {
  /// Each is OpenBLAS' on slabs of fp32 weights, so that a result depends on the model and the tokens
  /// alone: what verification wants.
  case dense
  /// Few rows are multiplied straight from the codes, which is several times as fast; a result may
  /// then differ by rounding with how many rows are computed together.
  case coded(Arithmetic)
}

extension ProductRule {
  /// How products are computed.
  package var arithmetic: Arithmetic {
    switch self {
    case .dense: .exact
    case .coded(let arithmetic): arithmetic
    }
  }
}
