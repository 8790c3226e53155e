// SPDX-License-Identifier: Apache-2.0

import Quantization
import Runtimes
import Tensors

/// A folder for vLLM, and Transformers with GPTQModel: AWQ.
struct AWQOutput: OutputFormat {
  static let name = AWQ.name

  var defaultScheme: String { "w4a16-asym" }

  func fit(
    _ entries: [Plan.Entry], of source: any ModelSource
  ) throws -> (entries: [Plan.Entry], notes: [String]) { try AWQ.fit(entries, of: source) }

  func makeSink(
    for plan: ConversionPlan, source: any ModelSource, _ options: QuantizeOptions
  ) throws -> any TensorSink {
    try AWQ.sink(
      path: options.output, entries: plan.entries, source: source,
      shardByteLimit: options.shardByteLimit, tool: Tool.nameAndVersion,
      overwrite: options.overwrite)
  }
}
