// SPDX-License-Identifier: Apache-2.0

import Foundation
import ModelTestSupport
import Tensors
import TestSupport

/// A folder with a small model in `model`, in which commands are run.
final class SmallModel {
  let folder: TemporaryFolder

  static let tensors = [
    TestTensor("a.up_proj.weight", .bf16, [33, 130], TestTensor.spread(33 * 130, seed: 1)),
    TestTensor("b.down_proj.weight", .f32, [20, 70], TestTensor.spread(1400, seed: 2)),
    TestTensor("embed_tokens.weight", .f16, [30, 16], TestTensor.spread(480, seed: 3)),
    TestTensor("norm.weight", .bf16, [16], TestTensor.spread(16, seed: 4)),
  ]

  init(_ tensors: [TestTensor] = SmallModel.tensors) throws {
    folder = try TemporaryFolder()
    try FileManager.default.createDirectory(
      atPath: folder.path("model"), withIntermediateDirectories: true)
    try tensors.write(to: folder.path("model/model.safetensors"))
    try folder.write(#"{"model_type":"of no known family"}"#, as: "model/config.json")
  }

  /// Runs `halftone` in the folder.
  func run(_ arguments: String..., environment: [String: String] = [:]) throws -> Program.Outcome {
    try Program.run(arguments, in: folder.path, environment: environment)
  }

  /// What is in the folder beside the model, hidden files too.
  func outputs() throws -> [String] { try folder.names().filter { $0 != "model" } }
}
