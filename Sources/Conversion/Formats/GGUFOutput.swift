// SPDX-License-Identifier: Apache-2.0

import Quantization
import Runtimes
import Tensors

/// A file for llama.cpp and what is built on it.
struct GGUFOutput: OutputFormat {
  static let name = GGUFWriter.name

  var defaultScheme: String { "q4_k_m" }

  var schemes: any SchemeSet { GGUFSchemes() }

  func arrange(_ source: any ModelSource) throws -> any ModelSource {
    try GGUFWriter.arrange(source)
  }

  func fit(
    _ entries: [Plan.Entry], of source: any ModelSource
  ) throws -> (entries: [Plan.Entry], notes: [String]) {
    try GGUFWriter.fit(entries, of: source)
  }

  func furtherNotes(of source: any ModelSource, _ recipe: Recipe) throws -> [String] {
    let unweighted = mix(recipe)?.wantsImportanceMatrix ?? false
    return try GGUFWriter.tokenizerNotes(of: source)
      + (unweighted
        ? [
          "llama-quantize makes this mixture only with an importance matrix, without which it loses much; "
            + "Halftone has none: q2_k is the next that does without"
        ] : [])
  }

  func makeSink(
    for plan: ConversionPlan, source: any ModelSource, _ options: QuantizeOptions
  ) throws -> any TensorSink {
    try GGUFWriter.sink(
      path: options.output, records: plan.entries.map(\.record), source: source,
      fileByteLimit: options.splitByteLimit, fileType: mix(options.recipe)?.fileType,
      overwrite: options.overwrite)
  }

  /// The mix that the recipe asks for, if it is one.
  private func mix(_ recipe: Recipe) -> GGUFMix? {
    guard case .scheme(let name, _) = recipe.linearLayers else { return nil }
    return GGUFMix(named: name)
  }
}
