// SPDX-License-Identifier: Apache-2.0

import Foundation
import ModelTestSupport
import Tensors
import TestSupport

/// A model of one tensor.
struct TestTensorFile {
  let tensor: TestTensor

  /// Of more weights than one slab holds, and no whole number of slabs.
  static let large = TestTensorFile(tensor: .ramp("z.weight", [1100, 1024]))

  /// Writes the model into `model` in a folder.
  func write(to folder: TemporaryFolder) throws {
    try FileManager.default.createDirectory(
      atPath: folder.path("model"), withIntermediateDirectories: true)
    try [tensor].write(to: folder.path("model/model.safetensors"))
    try folder.write(#"{"dtype":"bfloat16"}"#, as: "model/config.json")
  }

  /// Numbers after they were stored as BF16.
  static func roundedToBF16(_ numbers: [Float]) -> [Float] {
    TestTensor("w", .bf16, [numbers.count], numbers).weights
  }
}
