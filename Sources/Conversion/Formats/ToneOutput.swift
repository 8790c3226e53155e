// SPDX-License-Identifier: Apache-2.0

import Container
import Quantization
import Tensors

/// The native format, which holds every scheme.
struct ToneOutput: OutputFormat {
  static let name = "tone"

  var hasParts: Bool { true }

  func fit(
    _ entries: [Plan.Entry], of source: any ModelSource
  ) throws -> (entries: [Plan.Entry], notes: [String]) { (entries, []) }

  func makeSink(
    for plan: ConversionPlan, source: any ModelSource, _ options: QuantizeOptions
  ) throws -> any TensorSink {
    let writer = try ContainerWriter(
      path: options.output, compression: options.compression, overwrite: options.overwrite,
      part: plan.part)
    do {
      // Assets go into the only file, or into the first part.
      if plan.part.index == 1 { try writer.addAssets(source.assets) }
    } catch {
      writer.abandon()
      throw error
    }
    return writer
  }
}
