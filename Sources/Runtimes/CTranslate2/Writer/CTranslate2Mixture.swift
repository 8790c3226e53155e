// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors

/// The types of a whole model that CTranslate2 knows by name: what weights get, and what all else gets.
struct CTranslate2Mixture: Sendable {
  let name: String
  /// For linear layers and embeddings.
  let weights: String
  /// For biases, norms and positions; nil: they keep their type.
  let others: String?

  static let all = [
    CTranslate2Mixture(name: "int8", weights: "int8-ct2", others: nil),
    CTranslate2Mixture(name: "int8_float32", weights: "int8-ct2", others: "f32"),
    CTranslate2Mixture(name: "int8_float16", weights: "int8-ct2", others: "f16"),
    CTranslate2Mixture(name: "int8_bfloat16", weights: "int8-ct2", others: "bf16"),
    CTranslate2Mixture(name: "float16", weights: "f16", others: "f16"),
    CTranslate2Mixture(name: "bfloat16", weights: "bf16", others: "bf16"),
    CTranslate2Mixture(name: "float32", weights: "f32", others: "f32"),
  ]

  /// For messages.
  static let names = all.map(\.name).joined(separator: ", ")

  /// What each tensor of a checkpoint gets.
  func choices(
    for tensors: [TensorDescription], of checkpoint: CTranslate2Checkpoint
  ) -> [String: Recipe.Choice] {
    tensors.reduce(into: [:]) { choices, tensor in
      guard tensor.elementType.isQuantizable, let part = checkpoint[tensor.name],
        let name = part.isWeight ? weights : others
      else { return }
      choices[tensor.name] = .scheme(name: name, options: SchemeOptions())
    }
  }
}

/// The schemes that a user may ask for: everybody's, and the mixtures.
package struct CTranslate2Schemes: SchemeSet {
  package init() {}

  package var names: [String] { Schemes.names }

  package var mixtureNames: [String] { CTranslate2Mixture.all.map(\.name) }

  package func scheme(named name: String, options: SchemeOptions) throws -> any Scheme {
    try Schemes.scheme(named: name, options: options)
  }

  package func mixture(
    named name: String, options: SchemeOptions, of source: any ModelSource
  ) throws -> [String: Recipe.Choice] {
    if options.blockSize != nil { throw QuantizationError.noBlocks(scheme: name) }
    if options.doubleQuantization { throw QuantizationError.noDoubleQuantization(scheme: name) }
    guard let mixture = CTranslate2Mixture.all.first(where: { $0.name == name }) else { return [:] }
    return mixture.choices(for: source.tensors, of: try CTranslate2Checkpoint(of: source))
  }
}
