// SPDX-License-Identifier: Apache-2.0

import Container
import Foundation
import ModelTestSupport
import Quantization
import Tensors
import TestSupport
import Testing

@testable import Conversion

@Suite struct PartTests {
  @Test func `parts are not empty and cover all tensors, whatever their sizes`() {
    let seed: UInt64 = 20
    var generator = SeededGenerator(seed: seed)
    for trial in 0..<2000 {
      let count = Int.random(in: 1...40, using: &generator)
      let sizes = (0..<count).map { _ in
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: 0
        case 1: Int.random(in: 0..<10, using: &generator)
        default: Int.random(in: 0..<1_000_000_000, using: &generator)
        }
      }
      let parts = Int.random(in: 1...count, using: &generator)
      let bounds = ConversionPlan.bounds(of: sizes, parts: parts)
      #expect(bounds.count == parts + 1, "seed \(seed), trial \(trial)")
      #expect(bounds.first == 0 && bounds.last == count, "seed \(seed), trial \(trial)")
      #expect(
        zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 }, "seed \(seed), trial \(trial)")
    }
  }

  @Test func `tensors of one size are shared out evenly`() {
    let bounds = ConversionPlan.bounds(of: [Int](repeating: 100, count: 12), parts: 4)
    #expect(bounds == [0, 3, 6, 9, 12])
  }

  @Test func `all parts together are the model`() throws {
    let model = try ModelFolder(ModelFolder.everyKind)
    _ = try quantize(model.options(output: "whole.tone"))
    for index in 1...3 {
      var options = model.options(output: "m-0000\(index)-of-00003.tone")
      options.part = ModelPart(index: index, count: 3)
      _ = try quantize(options)
    }
    let whole = try ToneModel(path: model.folder.path("whole.tone"))
    let parts = try ToneModel(path: model.folder.path("m-00002-of-00003.tone"))
    #expect(parts.files.count == 3)
    #expect(parts.tensors.map(\.name) == whole.tensors.map(\.name))
    #expect(parts.tensors.map(\.scheme) == whole.tensors.map(\.scheme))
    #expect(parts.tensors.map(\.shape) == whole.tensors.map(\.shape))
    #expect(parts.assets == whole.assets)
    for tensor in whole.tensors where tensor.elementType.isQuantizable {
      #expect(try parts.weights(tensor.name) == whole.weights(tensor.name))
    }
  }

  @Test func `a part that can't be is refused`() throws {
    let model = try ModelFolder(ModelFolder.everyKind)
    let count = model.tensors.count
    var options = model.options(output: "m-00001-of-00016.tone")
    options.part = ModelPart(index: 1, count: count + 1)
    #expect(
      throws: ConversionError.part(index: 1, count: count + 1, tensorCount: count)
    ) { try quantize(options) }
    options.part = ModelPart(index: 1, count: 2)
    #expect(
      throws: ConversionError.partName(output: options.output, suffix: "-00001-of-00002")
    ) { try quantize(options) }
    #expect(try model.outputs() == [])
  }

  @Test func `the options make the set, so parts of different recipes do not mix`() throws {
    let model = try ModelFolder(ModelFolder.everyKind)
    for (index, scheme) in [(1, "nf4"), (2, "int8")] {
      var options = model.options(scheme, output: "m-0000\(index)-of-00002.tone")
      options.part = ModelPart(index: index, count: 2)
      _ = try quantize(options)
    }
    #expect(throws: ContainerError.self) {
      try ToneModel(path: model.folder.path("m-00001-of-00002.tone"))
    }
  }
}
