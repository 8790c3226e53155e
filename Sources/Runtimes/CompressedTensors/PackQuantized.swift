// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors

/// `pack-quantized`: integer codes in words of 32 bits along the row, with a scale for each group of a row
/// or for each row.
struct PackQuantized: CompressedTensorsFormat {
  static let name = "pack-quantized"

  /// The groups for which vLLM has kernels, rows aside.
  private static let groupSizes = IntegerGroups.permittedSizes

  func fit(_ entry: Plan.Entry) throws -> Plan.Entry? {
    let record = entry.record
    guard let form = try GroupForm(of: record, stored: entry.stored) else { return nil }
    func refusal(_ problem: String, _ remedy: String) -> RuntimeError {
      .notHeld(
        format: CompressedTensors.name, tensor: record.tensor.name, scheme: record.scheme,
        problem: problem, remedy: remedy)
    }
    guard form.isSymmetric else {
      throw refusal(
        "it has zero points, which Transformers does not load in this format",
        "export it to awq, or quantize the original with w4a16 or w8a16")
    }
    guard Self.groupSizes.contains(form.group) || form.group == form.columns else {
      throw refusal(
        "runtimes have kernels for groups of 32, 64 and 128 weights and for rows, not for \(form.group)",
        "quantize the original with such a --block-size")
    }
    guard form.columns * form.bits % 32 == 0 else {
      throw refusal(
        "rows of \(form.columns) weights are no whole words of 32 bits", "keep it in its type")
    }
    if let stored = entry.stored {
      try form.requireScales(
        in: Self.scaleType(of: record.tensor), of: stored, record, format: CompressedTensors.name)
    }
    return entry
  }

  func form(of record: TensorRecord) -> CompressedTensorsForm? {
    guard let form = GroupForm(of: record) else { return nil }
    let tensor = record.tensor
    let module = tensor.name.dropLast(".weight".count)
    let type = Self.scaleType(of: tensor)
    let rows = CompressedTensorsArguments(bits: form.bits, kind: .int, strategy: "channel")
    var groups = rows
    groups.strategy = "group"
    groups.groupSize = form.group
    return CompressedTensorsForm(
      group: .init(format: Self.name, weights: form.groups == 1 ? rows : groups),
      otherGroup: form.groups == 1 ? .init(format: Self.name, weights: groups) : nil,
      arrays: [
        SafetensorsArray(
          "\(module).weight_packed", .i32, [form.rows, form.columns * form.bits / 32],
          form.packedCodes),
        SafetensorsArray(
          "\(module).weight_scale", type, [form.rows, form.groups], form.scales(as: type)),
        SafetensorsArray(
          "\(module).weight_shape", .i64, [2],
          .bytes([form.rows, form.columns].flatMap { $0.littleEndianBytes })),
      ])
  }

  /// What the layers compute with: scales of another type are rounded to it when they are loaded.
  private static func scaleType(of tensor: TensorDescription) -> ElementType {
    tensor.elementType == .bf16 ? .bf16 : .f16
  }
}

extension Int {
  /// The number as eight bytes, the least significant first.
  var littleEndianBytes: [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: self >> (8 * $0)) } }
}
