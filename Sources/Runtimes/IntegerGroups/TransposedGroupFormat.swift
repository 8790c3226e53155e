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

  /// Arrays that a loader of the family looks for beside a tensor, whether it is quantized or not.
  static func companions(of tensor: TensorDescription, family: String?) -> [SafetensorsArray]

  /// The value of `quantization_config`.
  ///
  /// - Parameters:
  ///   - form: one of the quantized tensors; all have the same bits and groups.
  ///   - family: the model's, if it says.
  static func configuration(
    _ form: GroupForm, _ records: [TensorRecord], family: String?, tool: String
  ) -> JSONDocument
}

extension TransposedGroupFormat {
  static func companions(of tensor: TensorDescription, family: String?) -> [SafetensorsArray] { [] }
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
    let fitted = try entries.map { try fit($0.keepingExperts) }
    let records = fitted.map(\.record)
    guard try uniform(records) != nil else {
      return (fitted, ["nothing is quantized: a plain folder"])
    }
    return (
      fitted,
      ["codes, scales and zero points are stored transposed; scales are F16", Format.loaders]
        + Plan.Entry.noteOnExperts(in: fitted)
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
    let family = try ModelConfiguration(of: source).family
    let uniform = try uniform(records)
    if let uniform, let form = forms[uniform.tensor.name] {
      let document = Format.configuration(form, records, family: family, tool: tool)
      assets = try ModelConfiguration.adding(
        String(decoding: document.data, as: UTF8.self), to: assets)
    }
    let found = forms
    return try SafetensorsSink(
      path: path, assets: assets, shardByteLimit: shardByteLimit,
      metadata: ["format": "pt", "converted_by": tool], overwrite: overwrite
    ) { record in
      let companions = uniform == nil ? [] : Format.companions(of: record.tensor, family: family)
      guard let form = found[record.tensor.name] else { return [.plain(record)] + companions }
      return Format.arrays(
        of: form, module: String(record.tensor.name.dropLast(".weight".count))) + companions
    }
  }

  /// A quantized tensor with the bits and groups of all; nil where there are none.
  ///
  /// - Throws: ``RuntimeError/mixed(format:tensor:scheme:otherTensor:otherScheme:)``.
  private static func uniform(_ records: [TensorRecord]) throws -> TensorRecord? {
    let quantized = records.compactMap { record in
      GroupForm(of: record).map { (record: record, form: $0) }
    }
    // A row may be a group like others, so one that is more than a group tells more.
    guard let first = quantized.first(where: { $0.form.groups > 1 }) ?? quantized.first else {
      return nil
    }
    let areRows = first.form.groups == 1
    for (record, form) in quantized
    where form.bits != first.form.bits
      || (areRows ? form.groups != 1 : form.group != first.form.group)
    {
      throw RuntimeError.mixed(
        format: Format.name, tensor: record.tensor.name, scheme: form.kind,
        otherTensor: first.record.tensor.name, otherScheme: first.form.kind)
    }
    return first.record
  }
}

extension GroupForm {
  /// What all quantized tensors of a folder have in common, in words.
  fileprivate var kind: String {
    "\(bits) bits in " + (groups == 1 ? "rows" : "groups of \(group)")
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
