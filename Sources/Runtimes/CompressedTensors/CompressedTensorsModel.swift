// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Quantization
import Tensors

/// Stage 1, READ: a safetensors model whose linear layers compressed-tensors holds.
package struct CompressedTensorsModel: EncodedFolderSource {
  package let format = CompressedTensors.name
  let folder: EncodedFolder

  /// Takes a model for compressed-tensors', if its `config.json` says so.
  ///
  /// - Throws: ``RuntimeError`` where the arrays of a weight fit no group that `config.json` names.
  package init?(_ model: SafetensorsModel) throws {
    guard let members = try? ModelConfiguration(of: model),
      let text = members["quantization_config"],
      let configuration = try CompressedTensorsConfiguration(text: text, file: model.path)
    else { return nil }
    var weights: [EncodedWeight] = []
    for module in Self.modules(of: model) {
      weights.append(
        try Self.weight(of: module, configuration, members.elementType, model))
    }
    folder = try EncodedFolder(model, weights: weights)
  }

  /// The modules that have quantized weights: those with packed codes or scales.
  private static func modules(of model: SafetensorsModel) -> [String] {
    var seen = Set<String>()
    return model.tensors.compactMap { tensor in
      let suffix = [".weight_packed", ".weight_scale"].first(where: tensor.name.hasSuffix)
      guard let suffix else { return nil }
      let module = String(tensor.name.dropLast(suffix.count))
      return seen.insert(module).inserted ? module : nil
    }
  }

  /// Reads a module's weight as the first group and format that its arrays fit.
  ///
  /// The arrays tell more surely than the groups' patterns which one that is.
  private static func weight(
    of module: String, _ configuration: CompressedTensorsConfiguration,
    _ elementType: ElementType?, _ model: SafetensorsModel
  ) throws -> EncodedWeight {
    let name = "\(module).weight"
    let anchor = ["\(module).weight_packed", name].first { model.description(of: $0) != nil }
    let finder = ArrayFinder(model: model, weight: name, in: anchor)
    for entry in configuration.groups {
      for format in CompressedTensors.formats {
        if let weight = try format.read(module, entry.group, elementType ?? .bf16, finder) {
          return weight
        }
      }
    }
    let known = CompressedTensors.formats.map { type(of: $0).name }.joined(separator: ", ")
    throw finder.refusal(
      "its arrays fit no group of config.json in a format that is read (\(known))")
  }
}
