// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors

/// What a user may ask of a GGUF file: the schemes that it holds, and mixtures that choose for each
/// tensor as llama.cpp's programs do.
///
/// A name that is both is a mixture for a model, as `llama-quantize` takes it, and a block type in a
/// rule for some tensors.
package struct GGUFSchemes: SchemeSet {
  private static let blocks = GGUFType.all.filter { GGUFBlockScheme($0) != nil }.map(\.name)

  package init() {}

  package var names: [String] { ["f32", "f16", "bf16"] + Self.blocks }

  package var mixtureNames: [String] {
    GGUFMix.all.map(\.name) + GGUFMix.shortNames.keys.sorted()
  }

  package func scheme(named name: String, options: SchemeOptions) throws -> any Scheme {
    guard let scheme = GGUFType(named: name).flatMap({ GGUFBlockScheme($0) }) else {
      do {
        return try Schemes.scheme(named: name, options: options)
      } catch QuantizationError.unknownScheme(let name, _) {
        throw QuantizationError.unknownScheme(name: name, known: names)
      }
    }
    try requireNone(options, for: name, scheme.type)
    return scheme
  }

  package func mixture(
    named name: String, options: SchemeOptions, of source: any ModelSource
  ) throws -> [String: Recipe.Choice] {
    guard let mix = GGUFMix(named: name) else { return [:] }
    try requireNone(options, for: name, mix.base)
    let (names, model) = try GGUFWriter.names(of: source)
    let tensors = source.tensors.compactMap { tensor in
      names[tensor.name].map { (tensor, GGUFMix.Tensor(name: $0, shape: tensor.shape)) }
    }
    return zip(tensors, mix.wantedTypes(of: tensors.map(\.1), in: model)).reduce(into: [:]) {
      choices, chosen in
      let ((tensor, _), type) = chosen
      guard let type, tensor.elementType.isQuantizable else { return }
      choices[tensor.name] = .scheme(name: type.name, options: options)
    }
  }

  /// Blocks have one size, and their scales are quantized as their type has it.
  private func requireNone(
    _ options: SchemeOptions, for name: String, _ type: GGUFType
  ) throws {
    if options.blockSize != nil || options.blocksAreRows {
      throw QuantizationError.fixedBlocks(scheme: name, size: type.weightCount)
    }
    if options.doubleQuantization { throw QuantizationError.noDoubleQuantization(scheme: name) }
  }
}
