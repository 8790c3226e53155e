// SPDX-License-Identifier: Apache-2.0

import Conversion
import Foundation
import Quantization
import Tensors
import TestSupport

/// Checkpoints, and what mlx-lm saved of them.
enum MLXFixture {
  /// The family, and the scheme that mlx-lm quantized it with, in groups of 32.
  static let kinds: [(family: String, scheme: String)] = [
    ("llama", "mixed_3_6"), ("mixtral", "affine4"),
  ]

  static func path(_ family: String) -> String {
    Fixtures.folder.appending(path: "mlx/\(family)").path
  }

  static func source(_ family: String) -> String {
    Fixtures.folder.appending(path: "families/\(family)").path
  }

  /// Options that quantize a checkpoint for MLX.
  static func options(
    _ scheme: String, group: Int? = 32, of input: String, to output: String,
    as format: String = "mlx"
  ) -> QuantizeOptions {
    var options = QuantizeOptions(
      input: input, output: output,
      recipe: Recipe(
        linearLayers: .scheme(name: scheme, options: SchemeOptions(blockSize: group))))
    options.format = format
    options.threads = 2
    return options
  }
}
