// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors

/// GPTQ's files in version 1 of their format, as GPTQModel 7.7 writes and reads them: symmetric codes of 4
/// or 8 bits, columns in their own order.
package enum GPTQ: TransposedGroupFormat {
  /// The name after `--to`, and what `inspect` calls the format.
  package static let name = "gptq"

  static let schemes = "w4a16 or w8a16"
  static let loaders =
    "loads in vLLM, and in Transformers with GPTQModel and optimum, as GPTQ of 4 or 8 bits"

  static let refusedFamilies = [
    "gpt2": "its layers are stored transposed (Conv1D)",
    "falcon": "optimum takes none of its linear layers (FalconLinear) for a quantized one",
  ]

  static func problem(with form: GroupForm) -> (problem: String, remedy: String)? {
    form.isSymmetric
      ? nil
      : (
        "it has zero points, which vLLM does not read in this format",
        "export it to awq, or quantize the original with w4a16"
      )
  }

  static func arrays(of form: GroupForm, module: String) -> [SafetensorsArray] {
    // Version 1 stores one less than the zero point.
    let zeros: UInt32 = form.bits == 4 ? 0x7777_7777 : 0x7F7F_7F7F
    let words = form.groups * form.rows * form.bits / 32
    let (columns, group) = (form.columns, form.group)
    return [
      SafetensorsArray(
        "\(module).qweight", .i32, [form.columns * form.bits / 32, form.rows],
        .arranged(from: form.codesComponent, TransposedCodes(form: form))),
      SafetensorsArray(
        "\(module).qzeros", .i32, [form.groups, form.rows * form.bits / 32],
        .computed { zeros.repeated(words) }),
      SafetensorsArray(
        "\(module).scales", .f16, [form.groups, form.rows],
        .arranged(from: form.scalesComponent, TransposedScales(form: form))),
      SafetensorsArray(
        "\(module).g_idx", .i32, [form.columns],
        .computed { (0..<columns).flatMap { UInt32($0 / group).repeated(1) } }),
    ]
  }

  static func configuration(
    _ form: GroupForm, _ records: [TensorRecord], family: String?, tool: String
  ) -> JSONDocument {
    var members: [JSONDocument.Member] = [
      .init(name: "quant_method", value: "gptq"),
      .init(name: "bits", value: .integer(form.bits)),
      .init(
        name: "group_size", value: .integer(form.groups == 1 ? -1 : form.group)),
      .init(name: "desc_act", value: .flag(false)),
      .init(name: "sym", value: .flag(true)),
      .init(name: "lm_head", value: .flag(false)),
      .init(name: "checkpoint_format", value: "gptq"),
      .init(name: "pack_dtype", value: "int32"),
      .init(name: "meta", value: ["quantizer": .list([.text(tool)])]),
    ]
    // Without the list a loader takes every linear layer of a block for a quantized one.
    if records.contains(where: isKeptInBlock) {
      let modules = records.filter { $0.plainType == nil }.map {
        JSONDocument.text(String($0.tensor.name.dropLast(".weight".count)))
      }
      members.append(
        .init(name: "modules_in_block_to_quantize", value: .list([.list(modules)])))
    }
    if let block = family.flatMap({ blockNames[$0] }) {
      members.append(.init(name: "block_name_to_quantize", value: .text(block)))
    }
    return .object(members)
  }

  /// What optimum does not find by itself: the module whose members are the blocks.
  private static let blockNames = ["mpt": "transformer.blocks"]

  /// Whether a record is a matrix of a block, one of several that are numbered, and stays as it is.
  private static func isKeptInBlock(_ record: TensorRecord) -> Bool {
    record.plainType != nil && record.tensor.shape.count == 2
      && record.tensor.name.hasSuffix(".weight")
      && record.tensor.name.split(separator: ".").contains { Int($0) != nil }
  }
}

extension GPTQ {
  /// See ``TransposedGroupWriter/fit(_:of:)``.
  package static func fit(
    _ entries: [Plan.Entry], of source: any ModelSource
  ) throws -> (entries: [Plan.Entry], notes: [String]) {
    try TransposedGroupWriter<GPTQ>.fit(entries, of: source)
  }

  /// See ``TransposedGroupWriter/sink(path:entries:source:shardByteLimit:tool:overwrite:)``.
  package static func sink(
    path: String, entries: [Plan.Entry], source: any ModelSource, shardByteLimit: Int,
    tool: String, overwrite: Bool
  ) throws -> SafetensorsSink {
    try TransposedGroupWriter<GPTQ>.sink(
      path: path, entries: entries, source: source, shardByteLimit: shardByteLimit, tool: tool,
      overwrite: overwrite)
  }
}
