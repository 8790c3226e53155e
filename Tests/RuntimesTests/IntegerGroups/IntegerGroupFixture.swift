// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Conversion
import Foundation
import Quantization
import Tensors
import TestSupport

/// Two linear layers, and what compressed-tensors and GPTQModel packed of them.
enum IntegerGroupFixture {
  /// Each folder, the format that it is in, and the scheme of its layers.
  static let folders: [(folder: String, format: String, scheme: String)] = [
    ("ct-w4a16", "compressed-tensors", "w4a16"), ("ct-w3a16", "compressed-tensors", "w3a16"),
    ("ct-w8a16-row", "compressed-tensors", "w8a16"),
    ("ct-w4a16-asym", "compressed-tensors", "w4a16-asym"), ("gptq-w4a16", "gptq", "w4a16"),
    ("gptq-w8a16", "gptq", "w8a16"), ("gptq-v2-asym", "gptq", "w4a16-asym"),
    ("gptq-act-order", "gptq", "w4a16"), ("gptq-v2-act-order-asym", "gptq", "w4a16-asym"),
    ("awq", "awq", "w4a16-asym"),
  ]

  static func path(_ folder: String) -> String {
    Fixtures.folder.appending(path: "integer-groups/\(folder)").path
  }

  /// Options that quantize the source for a format.
  static func options(
    _ scheme: String, _ scheming: SchemeOptions = SchemeOptions(blockSize: 32),
    for format: String, to output: String, input: String = path("source")
  ) -> QuantizeOptions {
    var options = QuantizeOptions(
      input: input, output: output,
      recipe: Recipe(linearLayers: .scheme(name: scheme, options: scheming)))
    options.format = format
    options.threads = 2
    return options
  }

  /// The arrays of a folder by name.
  static func arrays(_ folder: String) throws -> [String: [UInt8]] {
    let model = try SafetensorsModel(path: folder)
    return try Dictionary(
      uniqueKeysWithValues: model.tensors.map { ($0.name, try model.storedBytes($0.name)) })
  }
}
