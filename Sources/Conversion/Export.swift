// SPDX-License-Identifier: Apache-2.0

import Quantization
import Runtimes
import Tensors

/// Writes a model in another format and keeps its codes: nothing is lost a second time.
///
/// - Parameter options: the recipe does not matter.
/// - Throws: the error of the stage that failed, also where the format can't hold a tensor's codes.
package func export(
  _ options: QuantizeOptions, progress: (ConversionProgress) -> Void = { _ in }
) throws -> QuantizeSummary {
  let start = ContinuousClock.now
  let source = try openModelForExport(options)
  let plan = try makeExportPlan(for: source, options)
  if options.format == SafetensorsOutput.name {
    let byteCount = try dequantize(
      source, to: options.output, type: nil, shardByteLimit: options.shardByteLimit,
      threads: options.threads, overwrite: options.overwrite, progress: progress)
    var peak = PeakMemory()
    peak.sample()
    return QuantizeSummary(
      options, plan,
      plan.entries.map {
        WrittenTensor(
          record: $0.record, components: [], storedByteCount: $0.storedByteCount, statistics: nil)
      }, inputBytes: source.byteCount, outputBytes: byteCount,
      elapsed: start.duration(to: .now), peakMemory: peak)
  }
  return try write(plan, from: source, options, since: start, progress: progress)
}

/// Opens the model that is to be exported, arranged as the output's format wants it.
///
/// - Throws: the reader's error, ``ConversionError/arrangedCodes(file:tensor:scheme:format:)``, or the
///   runtime's error where the format does not support the model.
package func openModelForExport(_ options: QuantizeOptions) throws -> any ModelSource {
  let source = try openModel(at: options.input)
  let result = try arranged(source, for: options.format)
  // A format of plain numbers is filled with weights anyway.
  guard options.format != SafetensorsOutput.name,
    let tensor = (result as? ArrangedSource)?.restored.first
  else { return result }
  throw ConversionError.arrangedCodes(
    file: source.path, tensor: tensor.name, scheme: tensor.scheme, format: options.format)
}

/// Decides how every tensor is copied, without writing anything: the dry run.
///
/// - Throws: what ``export(_:progress:)`` throws before it writes.
package func makeExportPlan(
  for source: any ModelSource, _ options: QuantizeOptions
) throws -> ConversionPlan {
  try requireOtherOutput(options.output, than: source)
  let encoded = source as? any EncodedSource
  let entries = try namingFile(of: source) {
    try source.tensors.map { tensor in
      guard let stored = try encoded?.stored(tensor.name) else {
        return Plan.Entry.kept(tensor, reason: "as it is")
      }
      // A format of plain numbers is filled by dequantizing.
      if options.format == SafetensorsOutput.name {
        return Plan.Entry.kept(
          tensor.restored, reason: "restored to \(tensor.elementType.rawValue)")
      }
      return try Plan.Entry.copied(tensor, stored, reason: "codes kept")
    }
  }
  return try ConversionPlan(entries: entries, source: source, options: options)
}

extension TensorDescription {
  /// The tensor with its numbers as they were before quantization.
  fileprivate var restored: TensorDescription {
    TensorDescription(
      name: name, shape: shape, elementType: elementType,
      scheme: elementType.schemeName,
      storedByteCount: elementType.byteCount(of: elementCount) ?? storedByteCount)
  }
}
