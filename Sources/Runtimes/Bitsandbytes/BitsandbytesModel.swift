// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Foundation
import Quantization
import Tensors

/// Stage 1, READ: a safetensors model whose linear layers bitsandbytes quantized.
///
/// What `config.json` says of the quantization is not read.
package struct BitsandbytesModel: EncodedFolderSource {
  package let format = Bitsandbytes.name
  let folder: EncodedFolder

  /// Takes a model for bitsandbytes', if an array in it has one of the names that only it gives.
  ///
  /// - Throws: ``RuntimeError`` where the arrays of a weight do not fit together.
  package init?(_ model: SafetensorsModel) throws {
    var weights: [String: EncodedWeight] = [:]
    let rowType = Self.declaredType(in: model)
    for tensor in model.tensors {
      for type in Bitsandbytes.QuantType.allCases where tensor.name.hasSuffix(type.stateSuffix) {
        let name = String(tensor.name.dropLast(type.stateSuffix.count))
        if weights[name] != nil {
          throw RuntimeError.malformed(
            file: model.path, tensor: name, problem: "it is described twice, as nf4 and as fp4")
        }
        weights[name] = try EncodedWeight(fourBit: name, type, of: model)
      }
      if tensor.name.hasSuffix(".SCB") {
        let module = String(tensor.name.dropLast(".SCB".count))
        if weights["\(module).weight"] != nil {
          throw RuntimeError.malformed(
            file: model.path, tensor: "\(module).weight",
            problem: "it has the scales of four and of eight bits")
        }
        weights["\(module).weight"] = try EncodedWeight(rowsOf: module, rowType, of: model)
      }
    }
    guard !weights.isEmpty else { return nil }
    if let family = Self.family(of: model), Bitsandbytes.transposingFamilies.contains(family) {
      throw RuntimeError.transposedLayers(file: model.path, family: family)
    }
    let hidden = Set(weights.values.flatMap(\.arrayNames)).subtracting(weights.keys)
    for tensor in model.tensors where !hidden.contains(tensor.name) {
      guard let suffix = Self.companionSuffixes.first(where: tensor.name.hasSuffix) else {
        continue
      }
      throw RuntimeError.malformed(
        file: model.path, tensor: String(tensor.name.dropLast(suffix.count)) + ".weight",
        problem: "its array \(tensor.name.quoted) has no quant_state beside it")
    }
    folder = try EncodedFolder(model, weights: Array(weights.values))
  }

  /// What `config.json` calls the family.
  private static func family(of model: SafetensorsModel) -> String? {
    model.asset("config.json").flatMap { try? JSONMembers($0) }?["model_type"]
      .flatMap(JSONMembers.string)
  }

  /// How the names of arrays end that are nothing without a description.
  private static let companionSuffixes = [
    ".weight.absmax", ".weight.quant_map", ".weight.nested_absmax", ".weight.nested_quant_map",
  ]

  /// What int8 weights were before: the type of the model by its `config.json`, else F16, to which
  /// bitsandbytes rounds them.
  private static func declaredType(in model: SafetensorsModel) -> ElementType {
    guard let config = model.asset("config.json"), let members = try? JSONMembers(config),
      let name = (members["dtype"] ?? members["torch_dtype"]).flatMap(JSONMembers.string)
    else { return .f16 }
    return Bitsandbytes.elementType(of: name) ?? .f16
  }
}
