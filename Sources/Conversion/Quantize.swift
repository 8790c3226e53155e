// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Container
import Foundation
import Quantization
import Runtimes
import Tensors

/// The main job: reads a model, quantizes it by a recipe and writes one `.tone` file.
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
  let source = try openModel(at: options.input)
  let plan = try makePlan(for: source, options)
  let writer = try ContainerWriter(
    path: options.output, compression: options.compression, overwrite: options.overwrite)
  do {
    let assets = try writer.addAssets(options.part.isFirst ? source.assets : [])
    let pipeline = try SlabPipeline(plan: plan.entries, source: source, writer: writer)
    let tensors = try namingFile(of: source) {
      try pipeline.run(threads: options.threads, progress: progress)
    }
    let sources = try pipeline.digests.finish(withSHA256: options.recordsSHA256)
    let outputBytes = try writer.finish(
      tool: Tool.nameAndVersion, part: plan.part, tensors: tensors.map(\.entry), assets: assets,
      provenance: .init(
        sources: sources, recipe: options.recipe.text.isEmpty ? nil : options.recipe.text))
    return QuantizeSummary(
      options, plan, tensors, inputBytes: source.byteCount, outputBytes: outputBytes,
      elapsed: start.duration(to: .now), peakMemory: pipeline.peakMemory)
  } catch {
    writer.abandon()
    throw error
  }
}

/// Decides what becomes of every tensor, without writing anything: the dry run.
///
/// - Throws: ``ConversionError`` or `QuantizationError` where the recipe can't be followed.
package func makePlan(
  for source: any ModelSource, _ options: QuantizeOptions
) throws -> ConversionPlan {
  for tensor in source.tensors where tensor.scheme != tensor.elementType.rawValue.lowercased() {
    throw ConversionError.alreadyQuantized(
      file: source.path, tensor: tensor.name, scheme: tensor.scheme)
  }
  if !options.output.isEmpty,
    source.filePaths.contains(where: { isSameFile(options.output, $0) })
  {
    throw ConversionError.outputIsInput(options.output)
  }
  let plan = try namingFile(of: source) {
    try Plan(recipe: options.recipe, tensors: source.tensors)
  }
  let entries =
    options.keepsNonFinite
    ? try plan.keepingNonFinite(of: source, threads: options.threads) : plan.entries
  return try ConversionPlan(entries: entries, source: source, options: options)
}

/// Does a part of the work; an error about a tensor then names the tensor's file too.
private func namingFile<Result>(
  of source: any ModelSource, _ work: () throws -> Result
) throws -> Result {
  do {
    return try work()
  } catch let error as QuantizationError {
    guard let tensor = error.tensor else { throw error }
    let location = try (source as? SafetensorsModel)?.location(of: tensor)
    throw ConversionError.quantization(file: location?.file.path ?? source.path, error)
  }
}

extension ModelSource {
  /// What must not be written to while it is read: the model and the files that hold its tensors.
  fileprivate var filePaths: [String] {
    let files = (self as? SafetensorsModel)?.files.map(\.file.path) ?? []
    let others =
      (self as? ToneModel)?.files.map(\.path) ?? (self as? GGUFModel)?.files.map(\.file.path)
    return files + (others ?? []) + [path]
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

extension ContainerWriter {
  /// Writes the files that travel with the model.
  fileprivate func addAssets(_ assets: [Asset]) throws -> [Directory.AssetEntry] {
    let coder = FrameCoder()
    return try assets.map { asset in
      try asset.contents.withUnsafeBytes { bytes in
        Directory.AssetEntry(
          name: asset.name,
          component: try addWhole(
            role: ContainerWriter.assetRole, type: .u8, shape: [bytes.count], bytes: bytes,
            coder: coder))
      }
    }
  }
}

extension ModelPart? {
  /// Whether assets go here: into the only file, or into the first part.
  fileprivate var isFirst: Bool { self == nil || self?.index == 1 }
}
