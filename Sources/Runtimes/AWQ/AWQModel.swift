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
    folder = try EncodedFolder(model, weights: reader.weights())
  }

  private struct Configuration: Decodable {
    var quant_method: String?
    var bits: Int?
    var group_size: Int?
    var version: String?
    var format: String?
  }
}
