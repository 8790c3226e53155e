// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Foundation
import ModelTestSupport
import Quantization
import Tensors
import TestSupport

@testable import Runtimes

/// A file with one weight of each kind, damaged in one to three ways that follow from a seed.
struct BitsandbytesMutation {
  private struct Array {
    var name: String
    var type: ElementType
    var shape: [Int]
    var bytes: [UInt8]
  }

  private static let base: [Array] = {
    let kinds: [(name: String, scheme: String, twice: Bool, shape: [Int])] = [
      ("a.q_proj.weight", "nf4", false, [5, 33]), ("b.k_proj.weight", "nf4", true, [70, 256]),
      ("c.v_proj.weight", "fp4", false, [1, 64]), ("d.o_proj.weight", "int8-row", false, [3, 7]),
    ]
    return kinds.flatMap { kind in
      let count = kind.shape.reduce(1, *)
      let tensor = TestTensor(kind.name, .bf16, kind.shape, TestTensor.spread(count, seed: 7))
      guard
        let scheme = try? Schemes.scheme(
          named: kind.scheme, options: SchemeOptions(doubleQuantization: kind.twice)),
        let encoded = try? EncodedTensor(tensor, by: scheme),
        let arrays = try? Bitsandbytes.arrays(
          of: TensorRecord(
            tensor: tensor.description, scheme: scheme.name, layout: encoded.layout))
      else { return [Array]() }
      return arrays.map { array in
        switch array.content {
        case .computed, .arranged:
          // bitsandbytes has no such arrays.
          Array(name: array.name, type: array.elementType, shape: array.shape, bytes: [])
        case .bytes(let bytes):
          Array(
            name: array.name, type: array.elementType, shape: array.shape, bytes: bytes)
        case .component(let position):
          Array(
            name: array.name, type: array.elementType, shape: array.shape,
            bytes: encoded.components[position])
        case .made(let position, _, let make):
          {
            let bytes = make(encoded.components[position])
            return Array(name: array.name, type: .u8, shape: [bytes.count], bytes: bytes)
          }()
        }
      }
    } + [Array(name: "norm.weight", type: .bf16, shape: [2], bytes: [0, 63, 0, 63])]
  }()

  private static let fragments = [
    "{", "}", "[", "]", ",", ":", "\"", "null", "true", "-1", "0", "1", "1e999", "1.5", "32", "63",
    "64", "128", "4096", "9223372036854775807", "[0, 0]", "[1, 1, 1]", "\"fp4\"", "\"float64\"",
    "\"nested_offset\": 1e39", "\"shape\": []", "\"x\": 1, ", "NaN", "\"bfloat16\"",
    "[4611686018427387904, 2]", "[3037000500, 3037000500]",
  ]

  private var random: SeededGenerator

  init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  /// The file of this seed.
  mutating func file() throws -> Data {
    var arrays = Self.base
    for _ in 0..<Int.random(in: 1...3, using: &random) { damage(&arrays) }
    var seen = Set<String>()
    arrays.removeAll { !seen.insert($0.name).inserted }
    let layout = try SafetensorsLayout(
      of: arrays.map { TensorDeclaration(name: $0.name, elementType: $0.type, shape: $0.shape) },
      metadata: [:], file: "mutation")
    var file = layout.header
    for tensor in layout.tensors {
      file.append(contentsOf: arrays.first { $0.name == tensor.name }?.bytes ?? [])
    }
    return file
  }

  private mutating func place(in count: Int) -> Int {
    count > 0 ? Int.random(in: 0..<count, using: &random) : 0
  }

  private mutating func damage(_ arrays: inout [Array]) {
    let index = place(in: arrays.count)
    let states = arrays.indices.filter { arrays[$0].name.contains("quant_state") }
    switch Int.random(in: 0..<9, using: &random) {
    case 0: arrays.remove(at: index)
    case 1:
      let other = place(in: arrays.count)
      (arrays[index].name, arrays[other].name) = (arrays[other].name, arrays[index].name)
    case 2: reshape(&arrays[index])
    case 3:
      let same = ElementType.allCases.filter { $0.bitWidth == arrays[index].type.bitWidth }
      arrays[index].type = same.randomElement(using: &random) ?? .u8
    case 4:
      let suffix = [".absmax", ".SCB", ".quant_map", ".weight", "bitsandbytes__fp4", "4", ""]
        .randomElement(using: &random)
      arrays[index].name = String(arrays[index].name.dropLast(place(in: 9))) + (suffix ?? "")
      if arrays[index].name.isEmpty { arrays[index].name = "x" }
    case 5:
      for _ in 0..<1 + place(in: 4) where !arrays[index].bytes.isEmpty {
        arrays[index].bytes[place(in: arrays[index].bytes.count)] =
          UInt8.random(in: 0...255, using: &random)
      }
    default:
      if let state = states.randomElement(using: &random) { damage(text: &arrays[state]) }
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

  private mutating func damage(text array: inout Array) {
    var text = array.bytes
    let start = place(in: text.count)
    switch Int.random(in: 0..<4, using: &random) {
    case 0:
      let isDigit: (UInt8) -> Bool = { (0x30...0x39).contains($0) }
      let digits = text.indices.filter { isDigit(text[$0]) && !($0 > 0 && isDigit(text[$0 - 1])) }
      guard let first = digits.randomElement(using: &random) else { return }
      let end = text[first...].firstIndex { !isDigit($0) } ?? text.count
      let number = Self.fragments.filter { Int($0) != nil }.randomElement(using: &random) ?? ""
      text.replaceSubrange(first..<end, with: number.utf8)
    case 1:
      let fragment = Self.fragments.randomElement(using: &random) ?? ""
      text.insert(contentsOf: fragment.utf8, at: start)
    case 2: text.removeSubrange(start..<min(text.count, start + 1 + place(in: 9)))
    default: if !text.isEmpty { text[start] = UInt8.random(in: 0...255, using: &random) }
    }
    array.bytes = text
    array.shape = [text.count]
    array.type = .u8
  }
}
