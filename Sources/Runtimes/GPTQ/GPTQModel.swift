// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Foundation
import Quantization
import Tensors

/// Stage 1, READ: a safetensors model whose linear layers GPTQ quantized, in version 1 or 2 of its format.
///
/// Columns in the order of activations are read, too; only the codes of such layers are not copied.
package struct GPTQModel: EncodedFolderSource {
  package let format = GPTQ.name
  let folder: EncodedFolder

  /// Takes a model for GPTQ's, if its `config.json` says so.
  ///
  /// - Throws: ``RuntimeError`` where the arrays of a weight do not fit together.
  package init?(_ model: SafetensorsModel) throws {
    guard let members = try? ModelConfiguration(of: model),
      let text = members["quantization_config"]
    else { return nil }
    guard let stored = try? JSONDecoder().decode(Configuration.self, from: Data(text.utf8)),
      stored.quant_method == GPTQ.name
    else { return nil }
    try members.requireFamily(notAmong: GPTQ.refusedFamilies, format: GPTQ.name)
    let version = stored.checkpoint_format ?? stored.format ?? "gptq"
    guard ["gptq", "gptq_v2"].contains(version) else {
      throw RuntimeError.quantization(
        file: model.path,
        problem: "has the checkpoint format \(version.quoted), not gptq or gptq_v2")
    }
    guard let bits = stored.bits, bits == 4 || bits == 8 else {
      throw RuntimeError.quantization(
        file: model.path, problem: "has \(stored.bits ?? 0) bits, not 4 or 8")
    }
    let reader = TransposedGroupReader(
      model: model, bits: bits, groupSize: stored.group_size.flatMap { $0 > 0 ? $0 : nil },
      packing: .gptq(isOneLess: version == "gptq"),
      elementType: members.elementType ?? .f16)
    folder = try EncodedFolder(model, weights: reader.weights())
  }

  private struct Configuration: Decodable {
    var quant_method: String?
    var bits: Int?
    var group_size: Int?
    var checkpoint_format: String?
    var format: String?
  }
}
