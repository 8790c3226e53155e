// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors

/// Copied tensors as MLX's groups, where their codes are on such a grid already.
enum MLXRegridding {
  /// The entry itself where MLX holds its codes as they are.
  static func entry(_ entry: Plan.Entry) throws -> Plan.Entry { entry }
}
