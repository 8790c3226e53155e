// SPDX-License-Identifier: Apache-2.0

import Foundation
import Quantization
import Runtimes
import Tensors

/// The main job: reads a model, quantizes it by a recipe and writes it in the format that is asked for.
///
/// Everything that can be checked is checked before the first byte is written; the output appears under
/// its name when it is complete, and not at all if anything goes wrong. Its bytes depend on input,
/// recipe and version only. Memory does not grow with the model: a few slabs per thread, and with double
/// quantization the scales of the tensors at hand.
/// - Parameter progress: called from working threads, one at a time, with the input bytes that are done.
/// - Throws: the error of the stage that failed.
package func quantize(
  _ options: QuantizeOptions, progress: (ConversionProgress) -> Void = { _ in }
) throws -> QuantizeSummary {
  let start = ContinuousClock.now
  let source = try openModel(for: options)
  let plan = try makePlan(for: source, options)
  return try write(plan, from: source, options, since: start, progress: progress)
}

/// Opens the model that is to be converted, arranged as the output's format wants it.
///
/// - Throws: the reader's error, ``ConversionError/alreadyQuantized(file:tensor:scheme:)``, or the
///   runtime's error where the format does not support the model.
package func openModel(for options: QuantizeOptions) throws -> any ModelSource {
  var source = try openModel(at: options.input)
  // Also those of which a reader could only give weights, because their codes stand in another order.
  let restored = (source as? ArrangedSource)?.restored ?? []
  for tensor in restored + source.tensors
  where tensor.scheme != tensor.elementType.schemeName {
    guard options.requantizes else {
      throw ConversionError.alreadyQuantized(
        file: source.path, tensor: tensor.name, scheme: tensor.scheme)
    }
    source = try namingModel(source) { try ArrangedSource(restoring: source) }
    break
  }
  return try arranged(source, for: options.format)
}

/// A model arranged as a format wants it.
func arranged(_ source: any ModelSource, for format: String) throws -> any ModelSource {
  let format = try OutputFormats.format(named: format)
  return try namingModel(source) { try format.arrange(source) }
}

/// Does a part of the work; a runtime's error then names the model that is read too.
func namingModel<Result>(
  _ source: any ModelSource, _ work: () throws -> Result
) throws -> Result {
  do { return try work() } catch let error as RuntimeError {
    throw ConversionError.format(model: source.path, error)
  }
}

/// Writes a plan's tensors in the format that is asked for.
func write(
  _ plan: ConversionPlan, from source: any ModelSource, _ options: QuantizeOptions,
  since start: ContinuousClock.Instant, progress: (ConversionProgress) -> Void
) throws -> QuantizeSummary {
  let format = try OutputFormats.format(named: options.format)
  let sink = try namingModel(source) {
    try format.makeSink(for: plan, source: source, options)
  }
  return try fill(
    sink, with: plan, from: source, options, since: start, progress: progress)
}

/// Takes a plan's tensors into a sink, which it finishes or abandons.
private func fill(
  _ sink: some TensorSink, with plan: ConversionPlan, from source: any ModelSource,
  _ options: QuantizeOptions, since start: ContinuousClock.Instant,
  progress: (ConversionProgress) -> Void
) throws -> QuantizeSummary {
  do {
    let pipeline = try SlabPipeline(plan: plan.entries, source: source, sink: sink)
    let tensors = try namingFile(of: source) {
      try pipeline.run(threads: options.threads, progress: progress)
    }
    let outputBytes = try sink.finish(
      tensors,
      record: ConversionRecord(
        tool: Tool.nameAndVersion,
        sources: try pipeline.digests.finish(withSHA256: options.recordsSHA256),
        recipe: options.recipe.text.isEmpty ? nil : options.recipe.text))
    return QuantizeSummary(
      options, plan, tensors, inputBytes: source.byteCount, outputBytes: outputBytes,
      elapsed: start.duration(to: .now), peakMemory: pipeline.peakMemory)
  } catch {
    sink.abandon()
    throw error
  }
}

/// Decides what becomes of every tensor, without writing anything: the dry run.
///
/// - Throws: ``ConversionError`` or `QuantizationError` where the recipe can't be followed.
package func makePlan(
  for source: any ModelSource, _ options: QuantizeOptions
) throws -> ConversionPlan {
  try requireOtherOutput(options.output, than: source)
  let schemes = try OutputFormats.format(named: options.format).schemes
  let plan = try namingFile(of: source) {
    try Plan(
      recipe: options.recipe, tensors: source.tensors, schemes: schemes,
      mixture: namingModel(source) { try options.recipe.mixture(of: source, schemes) })
  }
  let entries =
    options.keepsNonFinite
    ? try plan.keepingNonFinite(of: source, threads: options.threads) : plan.entries
  return try ConversionPlan(entries: entries, source: source, options: options)
}

extension Recipe {
  /// What the recipe's scheme for linear layers chooses, where it is a mixture.
  fileprivate func mixture(
    of source: any ModelSource, _ schemes: any SchemeSet
  ) throws -> [String: Choice]? {
    guard case .scheme(let name, let options) = linearLayers, schemes.mixtureNames.contains(name)
    else { return nil }
    return try schemes.mixture(named: name, options: options, of: source)
  }
}

/// Checks that an output is not what is read.
///
/// - Throws: ``ConversionError/outputIsInput(_:)``.
func requireOtherOutput(_ output: String, than source: any ModelSource) throws {
  if !output.isEmpty,
    (source.mappedFiles.map(\.path) + [source.path]).contains(where: { isSameFile(output, $0) })
  {
    throw ConversionError.outputIsInput(output)
  }
}

/// Does a part of the work; an error about a tensor then names the tensor's file too.
func namingFile<Result>(
  of source: any ModelSource, _ work: () throws -> Result
) throws -> Result {
  do {
    return try work()
  } catch let error as QuantizationError {
    guard let tensor = error.tensor else { throw error }
    let file = source.storedLocation(of: tensor)?.file.path
    throw ConversionError.quantization(file: file ?? source.path, error)
  }
}

/// Whether two paths lead to one file or folder.
private func isSameFile(_ path: String, _ other: String) -> Bool {
  URL(filePath: path).resolvingSymlinksInPath().path
    == URL(filePath: other).resolvingSymlinksInPath().path
}

/// How far a conversion is.
package struct ConversionProgress: Sendable {
  package var bytesDone: Int
  package var bytesInAll: Int
}

/// What this program calls itself in the files that it writes.
package enum Tool {
  package static let version = "0.1.0"
  package static let nameAndVersion = "halftone \(version)"
}
