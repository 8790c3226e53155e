// SPDX-License-Identifier: Apache-2.0

import Quantization
import Runtimes
import Tensors

/// A folder for mlx-lm and mlx-swift-lm.
struct MLXOutput: OutputFormat {
  static let name = MLX.name

  var defaultScheme: String { "affine4" }

  var schemes: any SchemeSet { MLXSchemes() }

  func arrange(_ source: any ModelSource) throws -> any ModelSource {
    try MLXWriter.arrange(source)
  }

  func fit(
    _ entries: [Plan.Entry], of source: any ModelSource
  ) throws -> (entries: [Plan.Entry], notes: [String]) {
    try MLXWriter.fit(entries, of: source)
  }

  func makeSink(
    for plan: ConversionPlan, source: any ModelSource, _ options: QuantizeOptions
  ) throws -> any TensorSink {
    try MLXWriter.sink(
      path: options.output, records: plan.entries.map(\.record), source: source,
      shardByteLimit: options.shardByteLimit, overwrite: options.overwrite)
  }
}
