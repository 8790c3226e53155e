// SPDX-License-Identifier: Apache-2.0

import Quantization
import Runtimes
import Tensors

/// A folder for CTranslate2.
struct CTranslate2Output: OutputFormat {
  static let name = CTranslate2.name

  var defaultScheme: String { CTranslate2Writer.defaultScheme }

  var schemes: any SchemeSet { CTranslate2Schemes() }

  func arrange(_ source: any ModelSource) throws -> any ModelSource {
    try CTranslate2Writer.arrange(source)
  }

  func fit(
    _ entries: [Plan.Entry], of source: any ModelSource
  ) throws -> (entries: [Plan.Entry], notes: [String]) {
    try CTranslate2Writer.fit(entries, of: source)
  }

  func makeSink(
    for plan: ConversionPlan, source: any ModelSource, _ options: QuantizeOptions
  ) throws -> any TensorSink {
    try CTranslate2Writer.sink(
      path: options.output, records: plan.entries.map(\.record), source: source,
      overwrite: options.overwrite)
  }
}
