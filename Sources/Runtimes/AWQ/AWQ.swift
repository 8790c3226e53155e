// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors

/// AWQ's files in the `gemm` version, as AutoAWQ wrote and GPTQModel 7.7 reads them: four-bit codes with a
/// zero point for each group.
package enum AWQ: TransposedGroupFormat {
  /// The name after `--to`, and what `inspect` calls the format.
  package static let name = "awq"

  static let schemes = "w4a16-asym or w4a16"
  static let loaders = "loads in vLLM, and in Transformers with GPTQModel, as AWQ gemm of 4 bits"

  static let refusedFamilies = ["gpt2": "its layers are stored transposed (Conv1D)"]

  static func problem(with form: GroupForm) -> (problem: String, remedy: String)? {
    form.bits == 4
      ? nil
      : (
        "it has codes of \(form.bits) bits, and there are only codes of 4",
        "export it to gptq or compressed-tensors"
      )
  }

  static func arrays(of form: GroupForm, module: String) -> [SafetensorsArray] {
    let words = form.groups * form.rows / 8
    let zeros: SafetensorsArray.Content
    switch form.zeros {
    case .constant(let zero): zeros = .computed { (UInt32(zero) * 0x1111_1111).repeated(words) }
    case .each(let component, let order):
      zeros = .arranged(
        from: component,
        InterleavedRows(rows: form.rows, columns: form.groups, codes: .nibbles(order)))
    }
    return [
      SafetensorsArray(
        "\(module).qweight", .i32, [form.columns, form.rows / 8],
        .arranged(
          from: form.codesComponent,
          InterleavedRows(rows: form.rows, columns: form.columns, codes: form.codes))),
      SafetensorsArray("\(module).qzeros", .i32, [form.groups, form.rows / 8], zeros),
      SafetensorsArray(
        "\(module).scales", .f16, [form.groups, form.rows],
        .arranged(from: form.scalesComponent, TransposedScales(form: form))),
    ]
  }

  /// Activations that loaders divide by scales which AWQ may have found for them, and the layer that comes
  /// before, by family; as Transformers 5.23 and vLLM have it.
  private static let scaledActivations: [String: (activation: String, layer: String)] = [
    "bloom": ("gelu_impl", "dense_h_to_4h"), "falcon": ("act", "dense_h_to_4h"),
    "gpt_neox": ("act", "dense_h_to_4h"), "mpt": ("act", "up_proj"), "starcoder2": ("act", "c_fc"),
  ]

  /// Nothing was scaled, so the scales are ones; a loader that misses them computes with anything.
  static func companions(of tensor: TensorDescription, family: String?) -> [SafetensorsArray] {
    guard let family, let (activation, layer) = scaledActivations[family],
      tensor.name.hasSuffix(".\(layer).weight")
    else { return [] }
    let parent = tensor.name.dropLast(".\(layer).weight".count)
    let rows = tensor.rowCount
    return [
      SafetensorsArray(
        "\(parent).\(activation)\(scalesSuffix)", .f16, [rows],
        .computed { (0..<rows).flatMap { _ in [0x00, 0x3C] } })
    ]
  }

  /// How the names of such scales end, and those of layers.
  static let scalesSuffix = ".scales"

  static func configuration(
    _ form: GroupForm, _ records: [TensorRecord], family: String?, tool: String
  ) -> JSONDocument {
    [
      "quant_method": "awq",
      "bits": .integer(form.bits),
      "group_size": .integer(form.groups == 1 ? -1 : form.group),
      "zero_point": .flag(true),
      "version": "gemm",
      "modules_to_not_convert": .list(KeptModules.names(of: records).map(JSONDocument.text)),
    ]
  }
}

extension AWQ {
  /// See ``TransposedGroupWriter/fit(_:of:)``.
  package static func fit(
    _ entries: [Plan.Entry], of source: any ModelSource
  ) throws -> (entries: [Plan.Entry], notes: [String]) {
    try TransposedGroupWriter<AWQ>.fit(entries, of: source)
  }

  /// See ``TransposedGroupWriter/sink(path:entries:source:shardByteLimit:tool:overwrite:)``.
  package static func sink(
    path: String, entries: [Plan.Entry], source: any ModelSource, shardByteLimit: Int,
    tool: String, overwrite: Bool
  ) throws -> SafetensorsSink {
    try TransposedGroupWriter<AWQ>.sink(
      path: path, entries: entries, source: source, shardByteLimit: shardByteLimit, tool: tool,
      overwrite: overwrite)
  }
}
