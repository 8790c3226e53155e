// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Foundation
import Tensors
import TestSupport

@testable import Runtimes

/// A folder that a library packed, damaged in one to three ways that follow from a seed.
struct IntegerGroupMutation {
  private struct Array {
    var name: String
    var type: ElementType
    var shape: [Int]
    var bytes: [UInt8]
  }

  /// Each folder's arrays and its `config.json`.
  private static let bases: [(arrays: [Array], config: String)] = IntegerGroupFixture.folders
    .compactMap { folder, _, _ in
      let path = IntegerGroupFixture.path(folder)
      guard let model = try? SafetensorsModel(path: path + "/model.safetensors"),
        let config = try? String(contentsOfFile: path + "/config.json", encoding: .utf8)
      else { return nil }
      return (
        model.tensors.compactMap { tensor in
          (try? model.storedBytes(tensor.name)).map {
            Array(name: tensor.name, type: tensor.elementType, shape: tensor.shape, bytes: $0)
          }
        }, config
      )
    }

  private static let fragments = [
    "{", "}", "[", "]", ",", ":", "\"", "null", "true", "false", "-1", "0", "1", "1e999", "1.5",
    "2",
    "3", "4", "8", "16", "31", "32", "64", "96", "128", "9223372036854775807", "\"gptq\"",
    "\"gptq_v2\"", "\"awq\"", "\"group\"", "\"channel\"", "\"float\"", "\"int\"",
    "\"pack-quantized\"", "\"symmetric\": false, ", "\"actorder\": \"group\", ",
  ]

  private static let suffixes = [
    ".qweight", ".qzeros", ".scales", ".g_idx", ".weight_packed", ".weight_scale", ".weight_shape",
    ".weight_zero_point", ".weight", "",
  ]

  private var random: SeededGenerator

  init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  /// The file and the configuration of this seed.
  mutating func folder() throws -> (file: Data, config: Data) {
    var (arrays, config) = Self.bases[place(in: Self.bases.count)]
    for _ in 0..<Int.random(in: 1...3, using: &random) { damage(&arrays, &config) }
    var seen = Set<String>()
    arrays.removeAll { !seen.insert($0.name).inserted }
    let layout = try SafetensorsLayout(
      of: arrays.map { TensorDeclaration(name: $0.name, elementType: $0.type, shape: $0.shape) },
      metadata: [:], file: "mutation")
    var file = layout.header
    for tensor in layout.tensors {
      file.append(contentsOf: arrays.first { $0.name == tensor.name }?.bytes ?? [])
    }
    return (file, Data(config.utf8))
  }

  private mutating func place(in count: Int) -> Int {
    count > 0 ? Int.random(in: 0..<count, using: &random) : 0
  }

  private mutating func damage(_ arrays: inout [Array], _ config: inout String) {
    guard !arrays.isEmpty else { return }
    let index = place(in: arrays.count)
    switch Int.random(in: 0..<10, using: &random) {
    case 0: arrays.remove(at: index)
    case 1:
      let other = place(in: arrays.count)
      (arrays[index].name, arrays[other].name) = (arrays[other].name, arrays[index].name)
    case 2: reshape(&arrays[index])
    case 3:
      let same = ElementType.allCases.filter { $0.bitWidth == arrays[index].type.bitWidth }
      arrays[index].type = same.randomElement(using: &random) ?? .u8
    case 4:
      arrays[index].name =
        String(arrays[index].name.prefix { $0 != "." })
        + (Self.suffixes.randomElement(using: &random) ?? "")
      if arrays[index].name.isEmpty { arrays[index].name = "x" }
    case 5, 6:
      for _ in 0..<1 + place(in: 4) where !arrays[index].bytes.isEmpty {
        arrays[index].bytes[place(in: arrays[index].bytes.count)] =
          UInt8.random(in: 0...255, using: &random)
      }
    default: damage(text: &config)
    }
  }

  /// Another shape, of as many bytes or of others.
  private mutating func reshape(_ array: inout Array) {
    switch Int.random(in: 0..<4, using: &random) {
    case 0: array.shape = array.shape.reversed()
    case 1: array.shape = [array.shape.reduce(1, *)]
    case 2: array.shape.append(1)
    default:
      array.shape = (0..<place(in: 4)).map { _ in Int.random(in: 0...70, using: &random) }
      let count = array.type.byteCount(of: array.shape.reduce(1, *)) ?? 0
      array.bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
    }
  }

  private mutating func damage(text: inout String) {
    var characters = Swift.Array(text)
    let start = place(in: characters.count)
    switch Int.random(in: 0..<4, using: &random) {
    case 0:
      let digits = characters.indices.filter { characters[$0].isNumber }
      guard let first = digits.randomElement(using: &random) else { return }
      let end = characters[first...].firstIndex { !$0.isNumber } ?? characters.count
      let number = Self.fragments.filter { Int($0) != nil }.randomElement(using: &random) ?? ""
      characters.replaceSubrange(first..<end, with: number)
    case 1:
      characters.insert(contentsOf: Self.fragments.randomElement(using: &random) ?? "", at: start)
    case 2: characters.removeSubrange(start..<min(characters.count, start + 1 + place(in: 9)))
    default:
      guard let word = Self.fragments.randomElement(using: &random),
        let quote = characters[start...].firstIndex(of: ":")
      else { return }
      let end = characters[quote...].firstIndex { ",}\n".contains($0) } ?? characters.count
      characters.replaceSubrange(quote + 1..<max(quote + 1, end), with: " " + word)
    }
    text = String(characters)
  }
}
