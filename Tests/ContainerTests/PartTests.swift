// SPDX-License-Identifier: Apache-2.0

import Container
import Conversion
import Foundation
import Quantization
import Tensors
import TestSupport
import Testing

/// A model in parts, each written alone, reads as the model in one file.
@Suite struct PartTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func write(
    part: ModelPart?, of count: Int = 2, as name: String, scheme: String = "nf4"
  ) throws -> String {
    let path = folder.path(name)
    let choice = Recipe.Choice.scheme(name: scheme, options: .init())
    var options = QuantizeOptions(
      input: Fixtures.trainedModel.path, output: path, recipe: Recipe(linearLayers: choice))
    options.part = part
    _ = try quantize(options)
    return path
  }

  private func writeParts(_ order: [Int], of count: Int = 2) throws -> [String] {
    try order.map { index in
      try write(
        part: ModelPart(index: index, count: count), of: count,
        as: "model\(PartName.suffix(index: index, count: count)).tone")
    }
  }

  @Test func `parts written in any order read as one model, from whichever is named`() throws {
    let whole = try ToneModel(path: write(part: nil, as: "whole.tone"))
    for path in try writeParts([3, 1, 2], of: 3) {
      let model = try ToneModel(path: path)
      #expect(model.files.count == 3)
      #expect(model.tensors.map(\.name) == whole.tensors.map(\.name))
      #expect(model.assets == whole.assets)
      for tensor in whole.tensors {
        #expect(
          try model.weights(of: tensor.name) == whole.weights(of: tensor.name), "\(tensor.name)")
      }
    }
  }

  @Test func `each part is valid alone`() throws {
    for path in try writeParts([1, 2]) { try ToneFile(path: path).check() }
  }

  @Test func `a part that is missing is named`() throws {
    let paths = try writeParts([1, 2])
    try FileManager.default.removeItem(atPath: paths[1])
    #expect(
      throws: ContainerError.parts(
        file: paths[0], problem: "part 2, model-00002-of-00002.tone, is missing")
    ) { try ToneModel(path: paths[0]) }
  }

  @Test func `a part of another model is refused`() throws {
    let paths = try writeParts([1, 2])
    try FileManager.default.removeItem(atPath: paths[1])
    _ = try write(
      part: ModelPart(index: 2, count: 2), as: "model-00002-of-00002.tone", scheme: "int8")
    #expect {
      try ToneModel(path: paths[0])
    } throws: { error in
      guard case .parts(let file, let problem) = error as? ContainerError else { return false }
      return file == paths[1] && problem.contains("it is part 2 of 2 of set ")
    }
  }
}
