// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Quantization
import Tensors

/// `mxfp4-pack-quantized`: E2M1 codes with a power of two for every 32.
struct MXFP4PackQuantized: CompressedTensorsFormat {
  static let name = "mxfp4-pack-quantized"

  func fit(_ entry: Plan.Entry) throws -> Plan.Entry? {
    GridForm(of: entry.record)?.kind == .mxfp4 ? entry : nil
  }

  func form(of record: TensorRecord) -> CompressedTensorsForm? {
    guard let form = GridForm(of: record), form.kind == .mxfp4 else { return nil }
    let tensor = record.tensor
    let module = tensor.name.dropLast(".weight".count)
    return CompressedTensorsForm(
      group: CompressedTensorsGroup(
        format: Self.name,
        weights: CompressedTensorsArguments(
          bits: 4, kind: .float, strategy: "group", groupSize: 32)),
      arrays: [
        SafetensorsArray(
          "\(module).weight_packed", .u8, [tensor.rowCount, tensor.columnCount / 2],
          .component(form.codes)),
        SafetensorsArray(
          "\(module).weight_scale", .u8, [tensor.rowCount, tensor.columnCount / 32],
          .component(form.scales)),
      ])
  }

  func read(
    _ module: String, _ group: CompressedTensorsGroup, _ elementType: ElementType,
    _ finder: ArrayFinder
  ) throws -> EncodedWeight? {
    guard group.weights.kind == .float, group.weights.bits == 4,
      finder.model.description(of: "\(module).weight_packed")?.elementType == .u8,
      finder.model.description(of: "\(module).weight_global_scale") == nil
    else { return nil }
    return try EncodedWeight(
      e2m1: "\(module).weight_packed", scales: "\(module).weight_scale", tensorScale: nil,
      elementType, finder)
  }
}
