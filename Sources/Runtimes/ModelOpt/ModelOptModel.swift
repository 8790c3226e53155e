// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Foundation
import Quantization
import Tensors

/// Stage 1, READ: a safetensors model whose linear layers ModelOpt quantized.
package struct ModelOptModel: EncodedFolderSource {
  package let format = ModelOpt.name
  let folder: EncodedFolder

  /// What a layer may have besides: scales of what comes into it and of the cache, of no use where
  /// activations are exact.
  private static let activationScales = ["input_scale", "k_scale", "v_scale"]

  /// Takes a model for one of ModelOpt's, if its configuration says so.
  ///
  /// - Throws: ``RuntimeError`` where the arrays of a weight do not fit together.
  package init?(_ model: SafetensorsModel) throws {
    struct Stored: Decodable { var quant_method: String? }
    let configuration = try? ModelConfiguration(of: model)
    let stored = (configuration?["quantization_config"]).flatMap {
      try? JSONDecoder().decode(Stored.self, from: Data($0.utf8))
    }
    let isNamed = stored?.quant_method.map { $0.hasPrefix(ModelOpt.name) }
    guard isNamed ?? (model.asset(ModelOpt.configurationFile) != nil) else { return nil }
    let type = configuration?.elementType ?? .bf16
    let suffix = ".weight_scale"
    let weights = try model.tensors.filter { $0.name.hasSuffix(suffix) }.map {
      try Self.weight(of: String($0.name.dropLast(suffix.count)), type, model)
    }
    folder = try EncodedFolder(model, weights: weights)
  }

  /// Reads a module's weight, which its arrays tell by their types.
  private static func weight(
    of module: String, _ type: ElementType, _ model: SafetensorsModel
  ) throws -> EncodedWeight {
    let (name, scales) = ("\(module).weight", "\(module).weight_scale")
    var finder = ArrayFinder(model: model, weight: name)
    for array in activationScales.map({ "\(module).\($0)" })
    where model.description(of: array) != nil {
      _ = try finder.array(array)
    }
    let codes = model.description(of: name)?.elementType
    let scaleType = model.description(of: scales)?.elementType
    let second = "\(module).weight_scale_2"
    switch (codes, scaleType) {
    case (.f8e4m3, _):
      return try EncodedWeight(
        e4m3: name, scales: scales, blocks: [128, 128], type, finder)
    case (.i8, _): return try EncodedWeight(modelOptRows: module, type, finder)
    case (.u8, .f8e4m3):
      return try EncodedWeight(
        e2m1: name, scales: scales, tensorScale: .init(array: second, operation: .multiply), type,
        finder)
    case (.u8, .u8), (.u8, .f8e8m0):
      return try EncodedWeight(e2m1: name, scales: scales, tensorScale: nil, type, finder)
    default: return try EncodedWeight(modelOptPairs: module, type, finder)
    }
  }
}
