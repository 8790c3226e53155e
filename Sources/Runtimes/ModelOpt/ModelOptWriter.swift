// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors

/// Stage 3, WRITE: a folder that TensorRT-LLM and vLLM load as one of ModelOpt's.
package enum ModelOptWriter {
  /// Fits a plan to what the loaders take.
  ///
  /// - Returns: the entries, and what a user should know, a sentence each.
  /// - Throws: ``RuntimeError``.
  package static func fit(
    _ entries: [Plan.Entry], of source: any ModelSource
  ) throws -> (entries: [Plan.Entry], notes: [String]) {
    try ModelConfiguration(of: source).requireFamily(
      notAmong: ModelOpt.refusedFamilies, format: ModelOpt.name)
    let fitted = try SharedTensorScales.sharing(in: entries.map(fit), of: source)
    guard let configuration = try configuration(of: fitted.map(\.record)) else {
      return (fitted, ["nothing is quantized: a plain folder"])
    }
    let algorithm = configuration.algorithm
    return (
      fitted,
      [
        "\(ModelOpt.configurationFile) and config.json say \(algorithm.rawValue) and name "
          + "\(configuration.excluded.count) modules to exclude",
        algorithm == .int4 || algorithm == .int8
          ? "loads in TensorRT-LLM; vLLM reads no integers in this format"
          : "loads in TensorRT-LLM and vLLM",
      ]
    )
  }

  private static func fit(_ entry: Plan.Entry) throws -> Plan.Entry {
    let record = entry.record
    guard record.plainType == nil else { return entry }
    func refusal(_ problem: String) -> RuntimeError {
      .notHeld(
        format: ModelOpt.name, tensor: record.tensor.name, scheme: record.scheme,
        problem: problem,
        remedy:
          "give it the scheme fp8, nvfp4, w4a16, or w8a16 with the block size row, or keep it in "
          + "its type; what is quantized already must be dequantized first")
    }
    guard record.tensor.shape.count == 2, record.tensor.name.hasSuffix(".weight") else {
      if entry.scheme != nil, !entry.isByRule {
        return .kept(entry.tensor, reason: "not the weight of a linear layer of its own")
      }
      throw refusal(
        "only the weights of linear layers, matrices named ….weight, are quantized there")
    }
    var fitted = entry
    if GroupForm(of: record)?.bits == 4 { fitted = entry.inSlabsOfRows(multipleOf: 2) }
    if entry.scheme?.name == FP8Rows.name {
      // Scales are F32 there and need not be rounded.
      let scheme = try FloatGridScheme(FP8Rows(storingScalesAs: .f32))
      fitted = entry.with(scheme: scheme, layout: try scheme.layout(for: entry.tensor))
    }
    guard ModelOptForm(of: fitted.record) != nil else {
      throw refusal(
        "it stores FP8 and int8 with a scale for each row, NVFP4, and int4 groups of an even number of "
          + "rows, nothing else")
    }
    return fitted
  }

  /// Begins a folder.
  ///
  /// - Parameter records: all tensors that it will hold, as ``fit(_:of:)`` left them.
  /// - Throws: ``RuntimeError``, or the sink's error.
  package static func sink(
    path: String, records: [TensorRecord], source: any ModelSource, shardByteLimit: Int,
    tool: String, overwrite: Bool
  ) throws -> SafetensorsSink {
    var assets = source.assets.filter { $0.name != ModelOpt.configurationFile }
    if let configuration = try configuration(of: records) {
      assets = try ModelConfiguration.adding(configuration.text, to: assets)
      assets.append(Asset(name: ModelOpt.configurationFile, contents: configuration.file))
    }
    return try SafetensorsSink(
      path: path, assets: assets, shardByteLimit: shardByteLimit,
      metadata: ["format": "pt", "converted_by": tool], overwrite: overwrite
    ) { record in
      form(of: record)?.arrays(of: record) ?? [.plain(record)]
    }
  }

  private static func form(of record: TensorRecord) -> ModelOptForm? {
    record.plainType == nil ? ModelOptForm(of: record) : nil
  }

  /// The configuration of the quantized tensors; nil where there are none.
  ///
  /// - Throws: ``RuntimeError/mixed(format:tensor:scheme:otherTensor:otherScheme:)`` where they are not
  ///   all alike.
  private static func configuration(
    of records: [TensorRecord]
  ) throws -> ModelOptConfiguration? {
    var first: (form: ModelOptForm, record: TensorRecord)?
    for record in records {
      guard let form = form(of: record) else { continue }
      if let first, first.form.algorithm != form.algorithm || first.form.groupSize != form.groupSize
      {
        throw RuntimeError.mixed(
          format: ModelOpt.name, tensor: record.tensor.name, scheme: record.scheme,
          otherTensor: first.record.tensor.name, otherScheme: first.record.scheme)
      }
      first = first ?? (form, record)
    }
    return first.map {
      ModelOptConfiguration(
        algorithm: $0.form.algorithm, groupSize: $0.form.groupSize,
        excluded: KeptModules.names(of: records))
    }
  }
}
