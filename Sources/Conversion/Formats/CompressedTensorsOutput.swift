// SPDX-License-Identifier: Apache-2.0

import Quantization
import Runtimes
import Tensors

/// A folder for vLLM, and Transformers with compressed-tensors.
struct CompressedTensorsOutput: OutputFormat {
  static let name = CompressedTensors.name

  var defaultScheme: String { "w4a16" }

  func fit(
    _ entries: [Plan.Entry], of source: any ModelSource
  ) throws -> (entries: [Plan.Entry], notes: [String]) {
    try CompressedTensorsWriter.fit(entries, of: source)
  }

  func makeSink(
    for plan: ConversionPlan, source: any ModelSource, _ options: QuantizeOptions
  ) throws -> any TensorSink {
    try CompressedTensorsWriter.sink(
      path: options.output, records: plan.entries.map(\.record), source: source,
      shardByteLimit: options.shardByteLimit, tool: Tool.nameAndVersion,
      overwrite: options.overwrite)
  }
}
