// SPDX-License-Identifier: Apache-2.0

import Quantization
import Runtimes
import Tensors

/// A plain folder, which holds numbers as they are and nothing else.
struct SafetensorsOutput: OutputFormat {
  static let name = "safetensors"

  func fit(
    _ entries: [Plan.Entry], of source: any ModelSource
  ) throws -> (entries: [Plan.Entry], notes: [String]) {
    for entry in entries where entry.record.plainType == nil {
      throw RuntimeError.notHeld(
        format: Self.name, tensor: entry.tensor.name, scheme: entry.schemeName,
        problem: "it holds numbers as they are",
        remedy: "use the scheme f16, bf16 or f32, or dequantize what is quantized already")
    }
    return (entries, [])
  }

  func makeSink(
    for plan: ConversionPlan, source: any ModelSource, _ options: QuantizeOptions
  ) throws -> any TensorSink {
    try SafetensorsSink(
      path: options.output, assets: source.assets, shardByteLimit: options.shardByteLimit,
      metadata: ["format": "pt"], overwrite: options.overwrite
    ) { record in
      let type = record.plainType ?? record.tensor.elementType
      return [SafetensorsArray(record.tensor.name, type, record.tensor.shape, .component(0))]
    }
  }
}
