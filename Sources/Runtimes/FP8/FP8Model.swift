// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Foundation
import Quantization
import Tensors

/// Stage 1, READ: a safetensors model whose linear layers its publisher stored as E4M3 codes: with scales
/// of 128 × 128 blocks (DeepSeek), of tensors (Mistral) or of rows (FBGEMM).
package struct FP8Model: EncodedFolderSource {
  package let format = "fp8"
  let folder: EncodedFolder

  /// The values of `quant_method` for such models.
  private static let methods: Set = ["fp8", "fbgemm_fp8"]

  /// What comes behind a weight's name in the name of its scales.
  private static let scaleSuffixes = ["_scale_inv", "_scale"]

  /// What a layer may have besides: scales of what comes into it, of no use where activations are exact.
  private static let activationScales = [
    "input_scale", "activation_scale", "input_scale_ub", "k_scale", "v_scale",
  ]

  /// Takes a model for such a one, if its `config.json` says so.
  ///
  /// - Throws: ``RuntimeError`` where the arrays of a weight do not fit together.
  package init?(_ model: SafetensorsModel) throws {
    struct Stored: Decodable {
      var quant_method: String?
      var weight_block_size: [Int]?
    }
    guard let configuration = try? ModelConfiguration(of: model),
      let text = configuration["quantization_config"],
      let stored = try? JSONDecoder().decode(Stored.self, from: Data(text.utf8)),
      let method = stored.quant_method, Self.methods.contains(method)
    else { return nil }
    let elementType = configuration.elementType ?? .bf16
    var weights: [EncodedWeight] = []
    for tensor in model.tensors where tensor.elementType == .f8e4m3 {
      let name = tensor.name
      var finder = ArrayFinder(model: model, weight: name)
      guard
        let scales = Self.scaleSuffixes.map({ name + $0 }).first(where: {
          model.description(of: $0) != nil
        })
      else { throw finder.refusal("its array \((name + "_scale_inv").quoted) is missing") }
      let module = name.split(separator: ".").dropLast().joined(separator: ".")
      for array in Self.activationScales.map({ "\(module).\($0)" })
      where model.description(of: array) != nil {
        _ = try finder.array(array)
      }
      weights.append(
        try EncodedWeight(
          e4m3: name, scales: scales, blocks: stored.weight_block_size, elementType, finder))
    }
    folder = try EncodedFolder(model, weights: weights)
  }
}
