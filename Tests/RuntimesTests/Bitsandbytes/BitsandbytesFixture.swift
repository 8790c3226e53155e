// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Conversion
import Foundation
import Quantization
import Tensors
import TestSupport

/// A tiny Llama and what Transformers with bitsandbytes saved of it.
enum BitsandbytesFixture {
  /// The folder of a kind, and the options that make Halftone quantize like it.
  static let kinds: [(folder: String, scheme: String, twice: Bool)] = [
    ("nf4", "nf4", false), ("nf4-dq", "nf4", true), ("fp4", "fp4", false),
    ("int8", "int8-row", false),
  ]

  static func path(_ folder: String) -> String {
    Fixtures.folder.appending(path: "bitsandbytes/models/\(folder)").path
  }

  /// Options that quantize the source for bitsandbytes.
  static func options(
    _ scheme: String, twice: Bool = false, to output: String, input: String = path("source")
  ) -> QuantizeOptions {
    var options = QuantizeOptions(
      input: input, output: output,
      recipe: Recipe(
        linearLayers: .scheme(
          name: scheme, options: SchemeOptions(doubleQuantization: twice))))
    options.format = "bitsandbytes"
    options.threads = 2
    return options
  }

  /// Options that change the format of a model.
  static func export(_ input: String, to format: String, _ output: String) -> QuantizeOptions {
    var options = QuantizeOptions(
      input: input, output: output, recipe: Recipe(linearLayers: .keep))
    options.format = format
    options.threads = 2
    return options
  }
}

extension ModelSource {
  /// All weights of a tensor.
  func weights(_ name: String) throws -> [Float] {
    let count = description(of: name)?.elementCount ?? 0
    var weights = [Float](repeating: .nan, count: count)
    try weights.withUnsafeMutableBufferPointer { try read(name, elements: 0..<count, into: $0) }
    return weights
  }

  /// All stored bytes of a tensor.
  func storedBytes(_ name: String) throws -> [UInt8] { try withStoredBytes(of: name) { Array($0) } }
}
