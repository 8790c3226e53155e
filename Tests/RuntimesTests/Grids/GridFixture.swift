// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Conversion
import Foundation
import Quantization
import Tensors
import TestSupport

/// A tiny Llama as others store it in floating-point codes, and checkpoints as their publishers encode them.
enum GridFixture {
  /// The model of all others, in BF16.
  static let source = Fixtures.folder.appending(path: "bitsandbytes/models/source").path

  /// Folders of `grids/models`.
  static let models = [
    "modelopt-fp8", "modelopt-fp8-tensor", "modelopt-fp8-blocks", "modelopt-nvfp4",
    "modelopt-int8", "compressed-fp8", "compressed-nvfp4", "compressed-mxfp4",
  ]

  /// Folders of `published`, with the family of `families` that each is.
  static let published = [
    (folder: "deepseek-v3-fp8", family: "deepseek-v3"),
    (folder: "gpt-oss-mxfp4", family: "gpt-oss"),
    (folder: "llama-fbgemm-fp8", family: "llama"), (folder: "mistral-fp8", family: "mistral"),
  ]

  static func path(_ model: String) -> String {
    let folder = models.contains(model) ? "grids/models" : "published"
    return Fixtures.folder.appending(path: "\(folder)/\(model)").path
  }

  /// The numbers that torch restores, by name.
  static func restored(_ model: String) throws -> [String: [Float]] {
    let file = models.contains(model) ? "restored" : "golden"
    let golden = try SafetensorsModel(path: "\(path(model))/\(file).safetensors")
    return try golden.tensors.reduce(into: [:]) { found, tensor in
      guard !["input_ids", "logits"].contains(tensor.name) else { return }
      found[tensor.name] = try golden.weights(tensor.name)
    }
  }

  /// Options that quantize the source for a runtime.
  static func options(
    _ scheme: String, to format: String, _ output: String, input: String = source,
    block: Int? = nil, rows: Bool = false
  ) -> QuantizeOptions {
    var options = QuantizeOptions(
      input: input, output: output,
      recipe: Recipe(
        linearLayers: .scheme(
          name: scheme, options: SchemeOptions(blockSize: block, blocksAreRows: rows))))
    options.format = format
    options.threads = 2
    return options
  }
}
