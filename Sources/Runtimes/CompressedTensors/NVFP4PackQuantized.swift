// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Quantization
import Tensors

/// `nvfp4-pack-quantized`: E2M1 codes with an E4M3 scale for every 16, which are divided by a number of the
/// tensor.
struct NVFP4PackQuantized: CompressedTensorsFormat {
  static let name = "nvfp4-pack-quantized"

  /// What is quantized now gets its scales by the rule of the library, so that it restores the same weights;
  /// what is copied from a format that multiplies gets one over its number.
  func fit(_ entry: Plan.Entry) throws -> Plan.Entry? {
    guard case .nvfp4 = GridForm(of: entry.record)?.kind else { return nil }
    guard entry.scheme != nil else { return entry }
    let scheme = try FloatGridScheme(Quantization.NVFP4(.divisor))
    return entry.with(scheme: scheme, layout: try scheme.layout(for: entry.tensor))
  }

  func form(of record: TensorRecord) -> CompressedTensorsForm? {
    guard let form = GridForm(of: record), case .nvfp4(let number, let isDivisor) = form.kind else {
      return nil
    }
    let tensor = record.tensor
    let module = tensor.name.dropLast(".weight".count)
    return CompressedTensorsForm(
      group: CompressedTensorsGroup(
        format: Self.name,
        weights: CompressedTensorsArguments(
          bits: 4, kind: .float, strategy: "tensor_group", groupSize: 16)),
      arrays: [
        SafetensorsArray(
          "\(module).weight_packed", .u8, [tensor.rowCount, tensor.columnCount / 2],
          .component(form.codes)),
        SafetensorsArray(
          "\(module).weight_scale", .f8e4m3, [tensor.rowCount, tensor.columnCount / 16],
          .component(form.scales)),
        SafetensorsArray(
          "\(module).weight_global_scale", .f32, [1],
          isDivisor ? .component(number) : .arranged(from: number, Reciprocal())),
      ])
  }

  func read(
    _ module: String, _ group: CompressedTensorsGroup, _ elementType: ElementType,
    _ finder: ArrayFinder
  ) throws -> EncodedWeight? {
    guard group.weights.kind == .float, group.weights.bits == 4,
      finder.model.description(of: "\(module).weight_packed")?.elementType == .u8,
      finder.model.description(of: "\(module).weight_global_scale") != nil
    else { return nil }
    var finder = finder
    if finder.model.description(of: "\(module).input_global_scale") != nil {
      _ = try finder.array("\(module).input_global_scale")
    }
    return try EncodedWeight(
      e2m1: "\(module).weight_packed", scales: "\(module).weight_scale",
      tensorScale: .init(array: "\(module).weight_global_scale", operation: .divide), elementType,
      finder)
  }
}
