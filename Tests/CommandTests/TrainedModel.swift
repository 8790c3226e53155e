// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport

/// A folder with the trained example, `model`, and a quantized copy of it, `model.tone`.
final class TrainedModel {
  let folder: TemporaryFolder
  static let text = Fixtures.repository.appending(path: "examples/eval.txt").path

  init() throws {
    folder = try TemporaryFolder()
    try FileManager.default.createSymbolicLink(
      atPath: folder.path("model"), withDestinationPath: Fixtures.trainedModel.path)
    _ = try Program.run(["quantize", "model", "-o", "model.tone"], in: folder.path)
  }

  /// Runs `halftone` in the folder.
  func run(_ arguments: [String]) throws -> Program.Outcome {
    try Program.run(arguments, in: folder.path)
  }

  /// The arguments of a verification of a few short windows.
  static func verify(_ more: String...) -> [String] {
    ["verify", "model", "model.tone", "--text", text, "--context", "64", "--max-windows", "5"]
      + more
  }
}

/// What a program printed, without the lines that say how long it took.
func withoutSeconds(_ text: String) -> [Substring] {
  text.split(separator: "\n").filter { !$0.contains("seconds") && !$0.contains("tokens/s") }
}
