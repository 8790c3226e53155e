// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors
import TestSupport
import Testing

@testable import Conversion

@Suite struct ModelOpeningTests {
  /// A small model, and beside it a folder `made` with these outputs.
  private func folder(holding outputs: [String]) throws -> (model: ModelFolder, path: String) {
    let model = try ModelFolder(ModelFolder.everyKind)
    let path = model.folder.path("made")
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    for output in outputs {
      var options = model.options(output: "made/\(output)")
      if let part = output.firstMatch(of: /-0000([0-9])-of-0000([0-9])/),
        let index = Int(part.1), let count = Int(part.2)
      {
        options.part = ModelPart(index: index, count: count)
      }
      _ = try quantize(options)
    }
    return (model, path)
  }

  @Test(arguments: [["m.tone"], ["m-00001-of-00002.tone", "m-00002-of-00002.tone"]])
  func `a folder with one model opens it`(outputs: [String]) throws {
    let (model, path) = try folder(holding: outputs)
    let source = try openModel(at: path)
    #expect(source.format == "tone")
    #expect(source.tensors.count == model.tensors.count)
  }

  @Test(arguments: [
    ["a.tone", "b.tone"], ["m-00001-of-00002.tone", "m-00002-of-00002.tone", "m.tone"],
  ])
  func `a folder with several models asks which`(outputs: [String]) throws {
    let (model, path) = try folder(holding: outputs)
    let error = ConversionError.severalModels(folder: path, files: outputs)
    #expect(throws: error) { try openModel(at: path) }
    #expect(error.description.hasSuffix("name one of them"))
    _ = model
  }

  @Test func `safetensors are preferred to a .tone file beside them`() throws {
    let model = try ModelFolder(ModelFolder.everyKind)
    _ = try quantize(model.options(output: "model/m.tone"))
    #expect(try openModel(at: model.path).format == "safetensors")
  }
}
