// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Foundation
import Quantization
import Tensors

/// Stage 1, READ: gpt-oss as OpenAI publishes it, its stacks of experts in MXFP4.
///
/// The codes stand row by row for each output, whereas the family's tensors, and whatever is made of them, have
/// a row for each input; so the tensors here are the transposed ones.
package struct MXFP4Model: EncodedFolderSource {
  package let format = "mxfp4"
  let folder: EncodedFolder

  private static let suffixes = (blocks: "_blocks", scales: "_scales")

  /// Takes a model for such a one, if its `config.json` says so.
  ///
  /// - Throws: ``RuntimeError`` where the arrays of a weight do not fit together.
  package init?(_ model: SafetensorsModel) throws {
    struct Stored: Decodable { var quant_method: String? }
    guard let configuration = try? ModelConfiguration(of: model),
      let text = configuration["quantization_config"],
      let stored = try? JSONDecoder().decode(Stored.self, from: Data(text.utf8)),
      stored.quant_method == format
    else { return nil }
    let type = configuration.elementType ?? .bf16
    let weights = try model.tensors.filter { $0.name.hasSuffix(Self.suffixes.blocks) }.map {
      try EncodedWeight(
        expertsNamed: String($0.name.dropLast(Self.suffixes.blocks.count)), Self.suffixes, type,
        of: model)
    }
    folder = try EncodedFolder(model, weights: weights)
  }
}

extension EncodedWeight {
  fileprivate init(
    expertsNamed name: String, _ suffixes: (blocks: String, scales: String), _ type: ElementType,
    of model: SafetensorsModel
  ) throws {
    var finder = ArrayFinder(model: model, weight: name, in: name + suffixes.blocks)
    let blocks = try finder.array(name + suffixes.blocks)
    guard blocks.elementType == .u8, blocks.shape.count == 4, blocks.shape[3] == 16,
      blocks.elementCount > 0
    else {
      throw finder.refusal(
        "its blocks are \(blocks.elementType.rawValue) \(blocks.shape), not U8 [experts, outputs, "
          + "groups, 16]")
    }
    try finder.array(name + suffixes.scales, .u8, Array(blocks.shape.dropLast()))
    let codes = TransposedMXFP4(
      blocks: name + suffixes.blocks, scales: name + suffixes.scales, outputs: blocks.shape[1],
      groups: blocks.shape[2])
    let shape = [blocks.shape[0], codes.inputs, codes.outputs]
    self.init(
      TensorDescription(
        name: name, shape: shape, elementType: type, scheme: Quantization.MXFP4.name,
        storedByteCount: blocks.storedByteCount + blocks.elementCount / 16),
      encoding: Encoding(component: 0),
      components: [(.init(role: "values", elementType: .bf16, shape: shape), .derived(codes))],
      foundBy: finder)
    copyProblem = "its codes stand transposed"
  }
}
