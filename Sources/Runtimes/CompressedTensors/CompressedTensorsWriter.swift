// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors

/// Stage 3, WRITE: a folder that vLLM, and Transformers with compressed-tensors, load as their own.
package enum CompressedTensorsWriter {
  /// Fits a plan to what the loaders take.
  ///
  /// - Returns: the entries, and what a user should know, a sentence each.
  /// - Throws: ``RuntimeError``.
  package static func fit(
    _ entries: [Plan.Entry], of source: any ModelSource
  ) throws -> (entries: [Plan.Entry], notes: [String]) {
    try ModelConfiguration(of: source).requireFamily(
      notAmong: CompressedTensors.refusedFamilies, format: CompressedTensors.name)
    let fitted = try entries.map { try fit($0) }
    let configuration = configuration(of: fitted.map(\.record))
    guard !configuration.groups.isEmpty else {
      return (fitted, ["nothing is quantized: a plain folder"])
    }
    let formats = Set(configuration.groups.map(\.group.format)).sorted().joined(separator: ", ")
    return (
      fitted,
      [
        "config.json gets a quantization_config (\(formats)) that names "
          + "\(configuration.ignored.count) modules to ignore",
        "loads in vLLM, and in Transformers with compressed-tensors 0.15 or later",
      ] + noteOnExperts(in: fitted)
    )
  }

  /// Transformers 5 stacks experts when it loads them, all of which must then be quantized.
  private static func noteOnExperts(in entries: [Plan.Entry]) -> [String] {
    let kinds = Set(entries.filter(\.isExpert).map { $0.record.plainType == nil })
    return kinds.count < 2
      ? []
      : ["some experts stay in their type, and Transformers 5 loads them all quantized or none"]
  }

  private static func fit(_ entry: Plan.Entry) throws -> Plan.Entry {
    let record = entry.record
    guard record.plainType == nil else { return entry }
    func refusal(_ problem: String) -> RuntimeError {
      .notHeld(
        format: CompressedTensors.name, tensor: record.tensor.name, scheme: record.scheme,
        problem: problem,
        remedy: "give it the scheme w4a16 or w8a16, or keep it in its type; what is quantized "
          + "already must be dequantized first")
    }
    guard record.tensor.shape.count == 2, record.tensor.name.hasSuffix(".weight") else {
      if entry.scheme != nil, !entry.isByRule {
        return .kept(entry.tensor, reason: "not the weight of a linear layer of its own")
      }
      throw refusal(
        "only the weights of linear layers, matrices named ….weight, are quantized there")
    }
    for format in CompressedTensors.formats {
      if let fitted = try format.fit(entry) { return fitted }
    }
    let known = CompressedTensors.formats.map { type(of: $0).name }.joined(separator: ", ")
    throw refusal("it is no integer groups or what else the formats \(known) hold")
  }

  /// Begins a folder.
  ///
  /// - Parameter records: all tensors that it will hold, as ``fit(_:of:)`` left them.
  /// - Throws: ``RuntimeError``, or the sink's error.
  package static func sink(
    path: String, records: [TensorRecord], source: any ModelSource, shardByteLimit: Int,
    tool: String, overwrite: Bool
  ) throws -> SafetensorsSink {
    let configuration = configuration(of: records)
    let assets =
      configuration.groups.isEmpty
      ? source.assets : try ModelConfiguration.adding(configuration.text, to: source.assets)
    return try SafetensorsSink(
      path: path, assets: assets, shardByteLimit: shardByteLimit,
      metadata: ["format": "pt", "converted_by": tool], overwrite: overwrite
    ) { record in
      form(of: record)?.arrays ?? [.plain(record)]
    }
  }

  private static func form(of record: TensorRecord) -> CompressedTensorsForm? {
    guard record.plainType == nil else { return nil }
    for format in CompressedTensors.formats {
      if let form = format.form(of: record) { return form }
    }
    return nil
  }

  /// One group serves all linear layers that are not ignored; of several each names its layers.
  private static func configuration(of records: [TensorRecord]) -> CompressedTensorsConfiguration {
    var groups: [(group: CompressedTensorsGroup, targets: [String])] = []
    let forms = records.map { ($0, form(of: $0)) }
    let certain = forms.compactMap { $1?.otherGroup == nil ? $1?.group : nil }
    for (record, form) in forms {
      guard let form else { continue }
      let group = form.otherGroup.flatMap { certain.contains($0) ? $0 : nil } ?? form.group
      let module = String(record.tensor.name.dropLast(".weight".count))
      if let place = groups.firstIndex(where: { $0.group == group }) {
        groups[place].targets.append(module)
      } else {
        groups.append((group, [module]))
      }
    }
    if groups.count == 1 { groups[0].targets = ["Linear"] }
    return CompressedTensorsConfiguration(
      groups: groups, ignored: KeptModules.names(of: records))
  }
}
