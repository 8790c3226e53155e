// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors

/// Stage 3, WRITE: a folder that Transformers with bitsandbytes, and vLLM, load as their own.
package enum BitsandbytesWriter {
  /// Families whose linear layers no loader finds as they are stored, and why.
  private static let refusedFamilies =
    Bitsandbytes.transposingFamilies.reduce(
      into: ["falcon": "Transformers 5 makes no bitsandbytes layers of its linear layers"]
    ) { $0[$1] = "its layers are stored transposed (Conv1D)" }

  /// Fits a plan to what the loaders take.
  ///
  /// Experts stay as they are where nobody says otherwise, for Transformers 5 loads no quantized ones.
  /// - Returns: the entries, and what a user should know, a sentence each.
  /// - Throws: ``RuntimeError``.
  package static func fit(
    _ entries: [Plan.Entry], of source: any ModelSource
  ) throws -> (entries: [Plan.Entry], notes: [String]) {
    try ModelConfiguration(of: source).requireFamily(
      notAmong: refusedFamilies, format: Bitsandbytes.name)
    let fitted = try entries.map { entry in
      let entry = entry.keepingExperts
      guard entry.layout != nil, !entry.isPlain, entry.isExpert else { return entry }
      throw RuntimeError.notHeld(
        format: Bitsandbytes.name, tensor: entry.tensor.name, scheme: entry.schemeName,
        problem: "Transformers 5 loads experts in their own type only",
        remedy: "keep the experts by a rule of a recipe, or dequantize first")
    }
    let configuration = try configuration(of: fitted.map(\.record))
    guard let configuration else { return (fitted, ["nothing is quantized: a plain folder"]) }
    return (
      fitted,
      [
        "config.json gets a quantization_config for \(configuration.kind) that names "
          + "\(configuration.skippedModules.count) modules to skip",
        "loads in Transformers 4.57 and 5 with bitsandbytes 0.49.2 or later",
      ]
    )
  }

  /// Begins a folder.
  ///
  /// - Parameter records: all tensors that it will hold, as ``fit(_:of:)`` left them.
  /// - Throws: ``RuntimeError``, or the sink's error.
  package static func sink(
    path: String, records: [TensorRecord], source: any ModelSource, shardByteLimit: Int,
    tool: String, overwrite: Bool
  ) throws -> SafetensorsSink {
    var assets = source.assets
    if let configuration = try configuration(of: records) {
      let type = records.first { $0.plainType == nil }?.tensor.elementType
      assets = try configuration.adding(to: assets, type: type ?? .f32)
    }
    return try SafetensorsSink(
      path: path, assets: assets, shardByteLimit: shardByteLimit,
      metadata: ["format": "pt", "converted_by": tool], overwrite: overwrite,
      arrays: Bitsandbytes.arrays)
  }

  /// The configuration of the quantized tensors; nil where there are none.
  ///
  /// - Throws: ``RuntimeError/mixed(format:tensor:scheme:otherTensor:otherScheme:)`` where they are of
  ///   more than one kind: Transformers 4 builds all its layers for one.
  private static func configuration(
    of records: [TensorRecord]
  ) throws -> BitsandbytesConfiguration? {
    var first: (kind: String, record: TensorRecord)?
    for record in records {
      guard let kind = try BitsandbytesForm(of: record).kind else { continue }
      if let first, first.kind != kind {
        throw RuntimeError.mixed(
          format: Bitsandbytes.name, tensor: record.tensor.name, scheme: kind,
          otherTensor: first.record.tensor.name, otherScheme: first.kind)
      }
      first = first ?? (kind, record)
    }
    return first.map {
      BitsandbytesConfiguration(
        kind: $0.kind, skippedModules: KeptModules.names(of: records))
    }
  }
}

extension Plan.Entry {
  /// Whether the numbers stand as they are in the output too, if in another type.
  fileprivate var isPlain: Bool { record.plainType != nil }
}
