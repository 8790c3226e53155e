// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors

/// A format of safetensors folders in which linear layers are integer groups, stored transposed: GPTQ's or
/// AWQ's.
protocol TransposedGroupFormat: SendableMetatype {
  /// The name after `--to`.
  static var name: String { get }
  /// Families whose linear layers no loader finds as they are stored, and why.
  static var refusedFamilies: [String: String] { get }
  /// With what a folder loads, a sentence.
  static var loaders: String { get }
  /// The schemes that it holds, for remedies.
  static var schemes: String { get }

  /// Why a form can't be held, and what to do about it; nil where it can.
  static func problem(with form: GroupForm) -> (problem: String, remedy: String)?

  /// The arrays in which a loader looks for a layer's weight.
  static func arrays(of form: GroupForm, module: String) -> [SafetensorsArray]

  /// The value of `quantization_config`.
  ///
  /// - Parameters:
  ///   - form: one of the quantized tensors; all have the same bits and groups.
  ///   - family: the model's, if it says.
  static func configuration(
    _ form: GroupForm, _ records: [TensorRecord], family: String?, tool: String
  ) -> JSONDocument
}

/// Stage 3, WRITE: a folder in one of those formats.
enum TransposedGroupWriter<Format: TransposedGroupFormat> {
  /// Fits a plan to what the loaders take.
  ///
  /// - Returns: the entries, and what a user should know, a sentence each.
  /// - Throws: ``RuntimeError``.
  static func fit(
    _ entries: [Plan.Entry], of source: any ModelSource
  ) throws -> (entries: [Plan.Entry], notes: [String]) {
    try ModelConfiguration(of: source).requireFamily(
      notAmong: Format.refusedFamilies, format: Format.name)
    let fitted = try entries.map(fit)
    let records = fitted.map(\.record)
    guard try uniform(records) != nil else {
      return (fitted, ["nothing is quantized: a plain folder"])
    }
    return (
      fitted,
      ["codes, scales and zero points are stored transposed; scales are F16", Format.loaders]
    )
  }

  private static func fit(_ entry: Plan.Entry) throws -> Plan.Entry {
    guard entry.record.plainType == nil else { return entry }
    let entry = try entry.storingScales(as: .f16)
    let record = entry.record
    func refusal(_ problem: String, _ remedy: String) -> RuntimeError {
      .notHeld(
        format: Format.name, tensor: record.tensor.name, scheme: record.scheme, problem: problem,
        remedy: remedy)
    }
    let other = "give it the scheme \(Format.schemes), or keep it in its type"
    guard record.tensor.shape.count == 2, record.tensor.name.hasSuffix(".weight"),
      TensorRole(of: record.tensor) != .outputHead
    else {
      if entry.scheme != nil, !entry.isByRule {
        return .kept(entry.tensor, reason: "not the weight of a linear layer of its own")
      }
      throw refusal(
        "only the weights of linear layers but the output head, matrices named ….weight, are quantized "
          + "there", "keep it in its type")
    }
    guard let form = try GroupForm(of: record, stored: entry.stored) else {
      throw refusal("it holds integer groups with a scale each, nothing else", other)
    }
    if let (problem, remedy) = Format.problem(with: form) { throw refusal(problem, remedy) }
    guard IntegerGroups.permittedSizes.contains(form.group) || form.group == form.columns else {
      throw refusal(
        "runtimes have kernels for groups of 32, 64 and 128 weights and for rows, not for \(form.group)",
        "quantize the original with such a --block-size")
    }
    guard form.columns % 32 == 0, form.rows * form.bits % 32 == 0 else {
      let problem = "a matrix of \(form.rows) × \(form.columns) has no whole words there"
      if entry.scheme != nil, !entry.isByRule {
        return .kept(entry.tensor, reason: "linear layer, \(problem)")
      }
      throw refusal(problem, "keep it in its type")
    }
    if let stored = entry.stored {
      try form.requireScales(in: .f16, of: stored, record, format: Format.name)
    }
    return entry.inSlabsOfRows(multipleOf: 8)
  }

  /// Begins a folder.
  ///
  /// - Parameter entries: all tensors that it will hold, as ``fit(_:of:)`` left them.
  /// - Throws: ``RuntimeError``, or the sink's error.
  static func sink(
    path: String, entries: [Plan.Entry], source: any ModelSource, shardByteLimit: Int,
    tool: String, overwrite: Bool
  ) throws -> SafetensorsSink {
    let records = entries.map(\.record)
    var assets = source.assets
    var forms: [String: GroupForm] = [:]
    for entry in entries where entry.record.plainType == nil {
      forms[entry.tensor.name] = try GroupForm(of: entry.record, stored: entry.stored)
    }
    if let first = try uniform(records), let form = forms[first.tensor.name] {
      let family = try ModelConfiguration(of: source).family
      let document = Format.configuration(form, records, family: family, tool: tool)
      assets = try ModelConfiguration.adding(
        String(decoding: document.data, as: UTF8.self), to: assets)
    }
    let found = forms
    return try SafetensorsSink(
      path: path, assets: assets, shardByteLimit: shardByteLimit,
      metadata: ["format": "pt", "converted_by": tool], overwrite: overwrite
    ) { record in
      guard let form = found[record.tensor.name] else { return [.plain(record)] }
      return Format.arrays(
        of: form, module: String(record.tensor.name.dropLast(".weight".count)))
    }
  }

  /// A quantized tensor, all of which have the same bits and groups; nil where there are none.
  ///
  /// - Throws: ``RuntimeError/mixed(format:tensor:scheme:otherTensor:otherScheme:)``.
  private static func uniform(_ records: [TensorRecord]) throws -> TensorRecord? {
    var first: (kind: String, record: TensorRecord)?
    for record in records {
      guard let form = GroupForm(of: record) else { continue }
      let kind =
        "\(form.bits) bits in "
        + (form.group == form.columns ? "rows" : "groups of \(form.group)")
      guard let known = first else {
        first = (kind, record)
        continue
      }
      if known.kind != kind {
        throw RuntimeError.mixed(
          format: Format.name, tensor: record.tensor.name, scheme: kind,
          otherTensor: known.record.tensor.name, otherScheme: known.kind)
      }
    }
    return first?.record
  }
}

extension UInt32 {
  /// An array of `count` words that are all this one.
  func repeated(_ count: Int) -> [UInt8] {
    let bytes = (0..<4).map { UInt8(truncatingIfNeeded: self >> (8 * UInt32($0))) }
    return [UInt8](unsafeUninitializedCapacity: 4 * count) { buffer, size in
      for index in 0..<4 * count { buffer[index] = bytes[index % 4] }
      size = 4 * count
    }
  }
}
