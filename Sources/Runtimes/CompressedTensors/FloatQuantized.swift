// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Quantization
import Tensors

/// `float-quantized`: E4M3 codes with a scale for each row, for runtimes that quantize what comes into a
/// layer by themselves (FP8 dynamic). Read with scales of tensors and blocks too.
struct FloatQuantized: CompressedTensorsFormat {
  static let name = "float-quantized"

  func fit(_ entry: Plan.Entry) throws -> Plan.Entry? {
    GridForm(of: entry.record)?.kind == .e4m3Rows ? entry : nil
  }

  func form(of record: TensorRecord) -> CompressedTensorsForm? {
    guard let form = GridForm(of: record), form.kind == .e4m3Rows else { return nil }
    let tensor = record.tensor
    let module = tensor.name.dropLast(".weight".count)
    return CompressedTensorsForm(
      group: CompressedTensorsGroup(
        format: Self.name,
        weights: CompressedTensorsArguments(bits: 8, kind: .float, strategy: "channel"),
        inputs: CompressedTensorsArguments(
          bits: 8, kind: .float, strategy: "token", isDynamic: true)),
      arrays: [
        SafetensorsArray(tensor.name, .f8e4m3, tensor.shape, .component(form.codes)),
        SafetensorsArray(
          "\(module).weight_scale", form.scaleType, [tensor.rowCount, 1], .component(form.scales)),
      ])
  }

  func read(
    _ module: String, _ group: CompressedTensorsGroup, _ elementType: ElementType,
    _ finder: ArrayFinder
  ) throws -> EncodedWeight? {
    let name = "\(module).weight"
    guard group.weights.kind == .float, group.weights.bits == 8,
      finder.model.description(of: name)?.elementType == .f8e4m3
    else { return nil }
    var finder = finder
    if finder.model.description(of: "\(module).input_scale") != nil {
      _ = try finder.array("\(module).input_scale")
    }
    return try EncodedWeight(
      e4m3: name, scales: "\(module).weight_scale", blocks: group.weights.blockStructure,
      elementType, finder)
  }
}
