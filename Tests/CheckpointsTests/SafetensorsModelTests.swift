// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing

@Suite struct SafetensorsModelTests {
  @Test func `the trained example opens with its tensors and assets`() throws {
    let model = try SafetensorsModel(path: Fixtures.trainedModel.path)
    #expect(model.format == "safetensors")
    #expect(model.path == Fixtures.trainedModel.path)
    #expect(model.byteCount == 11_547_040)
    #expect(model.tensors.count == 56)
    #expect(
      model.tensors.first
        == TensorDescription(
          name: "model.embed_tokens.weight", shape: [4096, 256], elementType: .bf16,
          scheme: "bf16", storedByteCount: 2_097_152))
    #expect(
      model.assets.map(\.name) == [
        "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json",
      ])
    #expect(model.files.first?.metadata == ["format": "pt"])
  }

  /// The values are those that the reference library reads.
  @Test func `weights of the trained example are read from any element on`() throws {
    let model = try SafetensorsModel(path: Fixtures.trainedModel.path)
    #expect(
      try model.floats("model.norm.weight", 0..<4) == [2.1875, 1.3359375, 1.8671875, 0.9375])
    let last = 4096 * 256
    #expect(
      try model.floats("model.embed_tokens.weight", last - 4..<last)
        == [-0.11865234375, 0.019775390625, 0.0703125, 0.01483154296875])
  }
}

extension SafetensorsModel {
  /// The weights `elements` of a tensor as fp32.
  func floats(_ name: String, _ elements: Range<Int>) throws -> [Float] {
    var result = [Float](repeating: 0, count: elements.count)
    try result.withUnsafeMutableBufferPointer { try read(name, elements: elements, into: $0) }
    return result
  }
}
