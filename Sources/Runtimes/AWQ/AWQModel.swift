// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Foundation
import Quantization
import Tensors

/// Stage 1, READ: a safetensors model whose linear layers AWQ quantized, in the `gemm` version.
package struct AWQModel: EncodedFolderSource {
  package let format = AWQ.name
  let folder: EncodedFolder

  /// Takes a model for AWQ's, if its `config.json` says so.
  ///
  /// - Throws: ``RuntimeError`` where the arrays of a weight do not fit together.
  package init?(_ model: SafetensorsModel) throws {
    guard let members = try? ModelConfiguration(of: model),
      let text = members["quantization_config"]
    else { return nil }
    guard let stored = try? JSONDecoder().decode(Configuration.self, from: Data(text.utf8)),
      stored.quant_method == AWQ.name
    else { return nil }
    try members.requireFamily(notAmong: AWQ.refusedFamilies, format: AWQ.name)
    let version = (stored.version ?? stored.format ?? "gemm").lowercased()
    guard version == "gemm", stored.bits ?? 4 == 4 else {
      throw RuntimeError.quantization(
        file: model.path,
        problem: "has the version \(version.quoted) and \(stored.bits ?? 4) bits, not gemm and 4")
    }
    let reader = TransposedGroupReader(
      model: model, bits: 4, groupSize: stored.group_size.flatMap { $0 > 0 ? $0 : nil },
      packing: .awq, elementType: members.elementType ?? .f16)
    let weights = try reader.weights()
    folder = try EncodedFolder(
      model, weights: weights, hidden: Self.activationScales(of: model, besides: weights))
  }

  /// The scales of activations, which must be ones.
  ///
  /// - Throws: ``RuntimeError/malformed(file:tensor:problem:)`` where they are not.
  private static func activationScales(
    of model: SafetensorsModel, besides weights: [EncodedWeight]
  ) throws -> [String] {
    let known = Set(weights.flatMap(\.arrayNames))
    let scales = model.tensors.filter {
      $0.name.hasSuffix(AWQ.scalesSuffix) && !known.contains($0.name)
    }
    for tensor in scales {
      var numbers = [Float](repeating: 0, count: tensor.elementCount)
      try numbers.withUnsafeMutableBufferPointer {
        try model.read(tensor.name, elements: 0..<tensor.elementCount, into: $0)
      }
      if let other = numbers.first(where: { $0 != 1 }) {
        throw RuntimeError.malformed(
          file: model.path, tensor: tensor.name,
          problem: "it scales an activation by \(other), which is not computed with here")
      }
    }
    return scales.map(\.name)
  }

  private struct Configuration: Decodable {
    var quant_method: String?
    var bits: Int?
    var group_size: Int?
    var version: String?
    var format: String?
  }
}
