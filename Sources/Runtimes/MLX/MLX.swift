// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors

/// The words of MLX's folders, as mlx-lm 0.32 and mlx-swift-lm write and read them.
package enum MLX {
  /// The name after `--to`, and what `inspect` calls the format.
  package static let name = "mlx"

  /// How quantized numbers become weights.
  enum Mode: String, Sendable {
    case affine, mxfp4
  }

  /// What a layer's codes are: the settings that `config.json` states of it.
  struct Setting: Hashable, Sendable {
    var group: Int
    var bits: Int
    var mode: Mode

    /// The object that states it.
    var document: JSONDocument {
      ["group_size": .integer(group), "bits": .integer(bits), "mode": .text(mode.rawValue)]
    }
  }

  /// The group of `mxfp4`.
  static let microscalingGroup = 32
}
