// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors
import TestSupport
import Testing

@testable import Runtimes

/// The types that llama-quantize chooses, for published models' layers, heads and tensors.
private struct ChosenTypes: Decodable {
  struct Tensor: Decodable {
    var name: String
    var shape: [Int]

    init(from decoder: any Decoder) throws {
      var container = try decoder.unkeyedContainer()
      name = try container.decode(String.self)
      shape = try container.decode([Int].self)
    }
  }

  struct LayerGroup: Decodable {
    var first: Int
    var count: Int
    var tensors: [Tensor]
  }

  struct Model: Decodable {
    var name: String
    var architecture: String
    var layers: Int
    var heads: Int
    var kv_heads: Int
    var experts: Int
    var outer: [Tensor]
    var layer_groups: [LayerGroup]
    /// A letter for every tensor, by file type.
    var types: [String: String]

    var shape: GGUFModelShape {
      GGUFModelShape(
        architecture: architecture, layerCount: layers, headCount: heads,
        keyValueHeadCount: kv_heads, expertCount: experts)
    }

    var tensors: [GGUFMix.Tensor] {
      outer.map { GGUFMix.Tensor(name: $0.name, shape: $0.shape) }
        + layer_groups.flatMap { group in
          (group.first..<group.first + group.count).flatMap { layer in
            group.tensors.map {
              GGUFMix.Tensor(name: "blk.\(layer).\($0.name)", shape: $0.shape)
            }
          }
        }
    }
  }

  var letters: [String: String?]
  var models: [Model]

  static let fixture = Result {
    try JSONDecoder().decode(
      ChosenTypes.self,
      from: Data(contentsOf: Fixtures.folder.appending(path: "gguf/mixes.json")))
  }
}

@Suite struct GGUFMixTests {
  @Test(arguments: GGUFMix.all.map(\.name).filter { $0 != "f32" })
  func `every tensor of every model gets the type that llama-quantize chooses`(
    name: String
  ) throws {
    let mix = try #require(GGUFMix(named: name))
    let fixture = try ChosenTypes.fixture.get()
    #expect(fixture.models.count >= 20)
    for model in fixture.models {
      let letters = try #require(model.types[name])
      let tensors = model.tensors
      #expect(letters.count == tensors.count)
      let types = mix.types(of: tensors, in: model.shape)
      for (index, letter) in letters.enumerated() {
        let expected = try #require(fixture.letters[String(letter)])
        #expect(types[index]?.name == expected, "\(model.name) \(tensors[index])")
      }
    }
  }

  @Test func `the order in which tensors come changes nothing`() throws {
    let model = try #require(try ChosenTypes.fixture.get().models.first)
    let mix = try #require(GGUFMix(named: "q4_k_m"))
    let tensors = model.tensors
    let types = mix.types(of: tensors, in: model.shape)
    let backwards = mix.types(of: tensors.reversed(), in: model.shape)
    #expect(types == backwards.reversed())
  }

  @Test func `short names mean the medium mix`() {
    for (short, long) in GGUFMix.shortNames {
      #expect(GGUFMix(named: short)?.name == long)
    }
    #expect(GGUFMix(named: "q9_k") == nil)
  }

  @Test func `all numbers stay as they are asked for in F32`() throws {
    let mix = try #require(GGUFMix(named: "f32"))
    let model = try #require(try ChosenTypes.fixture.get().models.first)
    let types = mix.types(of: model.tensors, in: model.shape)
    #expect(types.allSatisfy { $0 == nil || $0?.name == "f32" })
  }
}
