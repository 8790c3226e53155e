// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Conversion
import Foundation
import ModelTestSupport
import Quantization
import Tensors
import TestSupport
import Testing

@testable import Runtimes

/// Integer codes with zero points become MLX's groups where scale and bias are numbers of its type.
@Suite struct MLXRegriddingTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Writes a model of one layer, quantizes it as int4, and exports it to MLX.
  private func export(_ weights: [Float], _ type: ElementType = .bf16) throws {
    try FileManager.default.createDirectory(
      atPath: folder.path("model"), withIntermediateDirectories: true)
    try [TestTensor("model.layers.0.mlp.down_proj.weight", type, [4, 64], weights)]
      .write(to: folder.path("model/model.safetensors"))
    try folder.write(
      #"{"model_type":"llama","tie_word_embeddings":true}"#, as: "model/config.json")
    _ = try quantize(
      MLXFixture.options(
        "int4", group: 64, of: folder.path("model"), to: folder.path("int4.tone"), as: "tone"))
    _ = try Conversion.export(
      MLXFixture.options("int4", of: folder.path("int4.tone"), to: folder.path("mlx")))
  }

  @Test(arguments: [ElementType.bf16, .f16, .f32])
  func `codes and weights stay what they were`(type: ElementType) throws {
    // Steps of an eighth from -1 to 7/8: the scale is 1/8 and the zero point 8.
    let weights = (0..<256).map { Float($0 % 64 % 16) / 8 - 1 }
    try export(weights, type)
    let model = try openModel(at: folder.path("mlx"))
    let tensor = try #require(model.tensors.first)
    #expect(tensor.scheme == "affine4")
    #expect(try model.weights(tensor.name) == weights)
    let arrays = try SafetensorsModel(path: folder.path("mlx"))
    #expect(
      try arrays.weights("model.layers.0.mlp.down_proj.scales") == [0.125, 0.125, 0.125, 0.125])
    #expect(try arrays.weights("model.layers.0.mlp.down_proj.biases") == [-1, -1, -1, -1])
  }

  @Test func `a scale that would be rounded is refused`() throws {
    let error = #expect(throws: ConversionError.self) {
      try export(TestTensor.spread(256, seed: 3))
    }
    #expect(error?.description.contains("would be rounded to BF16") == true)
    #expect(try !folder.names().contains("mlx"))
  }
}
