// SPDX-License-Identifier: Apache-2.0

/// How exactly a model is computed.
package enum Arithmetic: String, Sendable, Codable {
  /// Activations and sums in fp32, on the weights exactly as they are stored.
  case exact
}
