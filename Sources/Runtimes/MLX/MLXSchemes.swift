// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors

/// What a user may ask of an MLX folder: for a whole model, the schemes that MLX holds and mlx-lm's
/// recipes.
///
/// They are mixtures, for MLX's users expect more than linear layers to be quantized: embeddings, output
/// head and routers, as mlx-lm does by default.
package struct MLXSchemes: SchemeSet {
  package init() {}

  package var names: [String] { Schemes.names }

  package var mixtureNames: [String] {
    Affine.permittedBits.map(Affine.name) + Self.microscaling + MLXRecipe.allCases.map(\.rawValue)
  }

  private static let microscaling = ["mxfp4", "mxfp4-mlx"]

  package func scheme(named name: String, options: SchemeOptions) throws -> any Scheme {
    try Schemes.scheme(named: name, options: options)
  }

  package func mixture(
    named name: String, options: SchemeOptions, of source: any ModelSource
  ) throws -> [String: Recipe.Choice] {
    let model = try MLXModelFamily(of: source)
    let chooser = try MLXRecipe(rawValue: name).map { recipe in
      try recipe.chooser(options: options, of: source, model)
    }
    // Every choice is checked here, so that a wrong option is an error whatever the tensors are.
    let plain = Recipe.Choice.scheme(name: chooser == nil ? name : "affine4", options: options)
    let group =
      Self.microscaling.contains(name)
      ? MLX.microscalingGroup : options.blockSize ?? Affine.defaultGroup
    if case .scheme(let name, let options) = plain {
      _ = try Schemes.scheme(named: name, options: options)
    }
    var choices: [String: Recipe.Choice] = [:]
    for tensor in source.tensors {
      guard let path = model.family.quantizedModule(tensor), tensor.columnCount % group == 0
      else { continue }
      if let chooser {
        choices[tensor.name] = chooser(path)
      } else if model.family.fineModules.contains(where: path.hasSuffix) {
        guard tensor.columnCount % Affine.defaultGroup == 0 else { continue }
        choices[tensor.name] = .scheme(
          name: Affine.name(bits: 8), options: SchemeOptions(blockSize: Affine.defaultGroup))
      } else {
        choices[tensor.name] = plain
      }
    }
    return choices
  }
}

extension MLXFamily {
  /// The path of the module in mlx-lm whose weight a tensor is, where it is one that mlx-lm quantizes.
  func quantizedModule(_ tensor: TensorDescription) -> String? {
    let name = runtimeName(tensor.name)
    guard name.hasSuffix(".weight"), tensor.elementType.isQuantizable else { return nil }
    let path = String(name.dropLast(".weight".count))
    guard !plainModules.contains(where: path.hasSuffix) else { return nil }
    switch TensorRole(of: tensor) {
    case .linear, .embedding, .outputHead, .router: return path
    case .norm, .vector, .notFloating, .empty: return nil
    }
  }
}
