// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors

/// What a user may ask of a GGUF file: the schemes that it holds, and mixtures that choose for each
/// tensor as llama.cpp's programs do.
package struct GGUFSchemes: SchemeSet {
  /// Plain types, which its converter gives to all matrices.
  private static let plain = ["f32", "f16", "bf16"]

  package init() {}

  package var names: [String] { Self.plain }

  package var mixtureNames: [String] { Self.plain }

  package func scheme(named name: String, options: SchemeOptions) throws -> any Scheme {
    try Schemes.scheme(named: name, options: options)
  }

  package func mixture(
    named name: String, options: SchemeOptions, of source: any ModelSource
  ) throws -> [String: Recipe.Choice] {
    let names = try GGUFWriter.names(of: source)
    return source.tensors.reduce(into: [:]) { choices, tensor in
      guard let stored = names[tensor.name], tensor.elementType.isQuantizable,
        !GGUFPrecision.isAlwaysFloat(stored, shape: tensor.shape)
      else { return }
      choices[tensor.name] = .scheme(name: name, options: options)
    }
  }
}
