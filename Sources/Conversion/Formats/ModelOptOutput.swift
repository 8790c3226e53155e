// SPDX-License-Identifier: Apache-2.0

import Quantization
import Runtimes
import Tensors

/// A folder for TensorRT-LLM, and vLLM, as NVIDIA's Model Optimizer exports them.
struct ModelOptOutput: OutputFormat {
  static let name = ModelOpt.name

  var defaultScheme: String { "nvfp4" }

  func fit(
    _ entries: [Plan.Entry], of source: any ModelSource
  ) throws -> (entries: [Plan.Entry], notes: [String]) {
    try ModelOptWriter.fit(entries, of: source)
  }

  func makeSink(
    for plan: ConversionPlan, source: any ModelSource, _ options: QuantizeOptions
  ) throws -> any TensorSink {
    try ModelOptWriter.sink(
      path: options.output, records: plan.entries.map(\.record), source: source,
      shardByteLimit: options.shardByteLimit, tool: Tool.nameAndVersion,
      overwrite: options.overwrite)
  }
}
