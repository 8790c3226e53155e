// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Foundation
import ModelTestSupport
import Quantization
import Tensors
import TestSupport

@testable import Runtimes

/// A folder with weights of several modes and a stack of experts, damaged in one to three ways that follow
/// from a seed.
struct MLXMutation {
  private struct Array {
    var name: String
    var type: ElementType
    var shape: [Int]
    var bytes: [UInt8]
  }

  private static let families = ["mixtral", "gpt2", "gpt_oss", "gpt_neox", "llama", "other"]

  private static let modules: [(path: String, scheme: String, group: Int?, shape: [Int])] = [
    ("model.layers.0.self_attn.q_proj", "affine4", 32, [6, 64]),
    ("model.layers.0.self_attn.k_proj", "affine3", 64, [2, 128]),
    ("model.h.0.attn.c_attn", "affine8", 32, [3, 32]),
    ("model.layers.0.block_sparse_moe.switch_mlp.gate_proj", "affine4", 32, [3, 4, 32]),
    ("model.layers.0.mlp.experts.gate_proj", "affine4", 32, [2, 4, 32]),
    ("model.layers.0.mlp.experts.up_proj", "mxfp4-mlx", nil, [2, 4, 32]),
    ("model.layers.0.mlp.experts.down_proj", "affine2", 128, [2, 4, 128]),
  ]

  private static let base: [Array] = {
    modules.flatMap { module in
      let count = module.shape.reduce(1, *)
      let tensor = TestTensor(
        "\(module.path).weight", .bf16, module.shape, TestTensor.spread(count, seed: 7))
      guard
        let scheme = try? Schemes.scheme(
          named: module.scheme, options: SchemeOptions(blockSize: module.group)),
        let encoded = try? EncodedTensor(tensor, by: scheme),
        let arrays = try? MLX.arrays(
          of: TensorRecord(
            tensor: tensor.description, scheme: scheme.name, layout: encoded.layout),
          named: tensor.name)
      else { return [Array]() }
      return arrays.compactMap { array in
        guard case .component(let position) = array.content else { return nil }
        return Array(
          name: array.name, type: array.elementType, shape: array.shape,
          bytes: encoded.components[position])
      }
    } + [
      Array(name: "model.norm.weight", type: .bf16, shape: [2], bytes: [0, 63, 0, 63]),
      Array(
        name: "model.layers.0.mlp.experts.gate_proj.bias", type: .bf16, shape: [2, 4],
        bytes: .init(repeating: 63, count: 16)),
      Array(
        name: "model.layers.0.mlp.experts.up_proj.bias", type: .bf16, shape: [2, 4],
        bytes: .init(repeating: 63, count: 16)),
    ]
  }()

  private static let fragments = [
    "{", "}", "[", ",", ":", "\"", "null", "true", "false", "-1", "0", "1", "1e999", "3", "32",
    "64",
    "128", "9223372036854775807", "\"mxfp8\"", "\"nvfp4\"", "\"affine\"", "\"bits\": 8, ",
  ]

  private var random: SeededGenerator

  init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  /// The file and the `config.json` of this seed.
  mutating func folder() throws -> (file: Data, config: Data) {
    var arrays = Self.base
    var config = self.config()
    for _ in 0..<Int.random(in: 0...2, using: &random) { damage(&arrays) }
    if Int.random(in: 0..<3, using: &random) == 0 { damage(text: &config) }
    var seen = Set<String>()
    arrays.removeAll { !seen.insert($0.name).inserted }
    let layout = try SafetensorsLayout(
      of: arrays.map { TensorDeclaration(name: $0.name, elementType: $0.type, shape: $0.shape) },
      metadata: ["format": "mlx"], file: "mutation")
    var file = layout.header
    for tensor in layout.tensors {
      file.append(contentsOf: arrays.first { $0.name == tensor.name }?.bytes ?? [])
    }
    return (file, Data(config))
  }

  private mutating func config() -> [UInt8] {
    let family = Self.families.randomElement(using: &random) ?? ""
    let modules = Self.modules.map { module in
      let isMicroscaling = module.scheme == "mxfp4-mlx"
      let bits = isMicroscaling ? "4" : String(module.scheme.last ?? "4")
      return
        #""\#(module.path)": {"group_size": \#(module.group ?? 32), "bits": \#(bits), "mode": "#
        + #""\#(isMicroscaling ? "mxfp4" : "affine")"}"#
    }
    return Swift.Array(
      (#"{"model_type": "\#(family)", "quantization": {"group_size": 64, "bits": 4, "#
        + modules.joined(separator: ", ") + "}}").utf8)
  }

  private mutating func place(in count: Int) -> Int {
    count > 0 ? Int.random(in: 0..<count, using: &random) : 0
  }

  private mutating func damage(_ arrays: inout [Array]) {
    let index = place(in: arrays.count)
    switch Int.random(in: 0..<6, using: &random) {
    case 0: arrays.remove(at: index)
    case 1:
      let other = place(in: arrays.count)
      (arrays[index].name, arrays[other].name) = (arrays[other].name, arrays[index].name)
    case 2: reshape(&arrays[index])
    case 3:
      let same = ElementType.allCases.filter { $0.bitWidth == arrays[index].type.bitWidth }
      arrays[index].type = same.randomElement(using: &random) ?? .u8
    case 4:
      let suffix = [".scales", ".biases", ".weight", ".global_scale", ".bias", ""]
        .randomElement(using: &random)
      arrays[index].name = String(arrays[index].name.dropLast(place(in: 9))) + (suffix ?? "")
      if arrays[index].name.isEmpty { arrays[index].name = "x" }
    default:
      for _ in 0..<1 + place(in: 4) where !arrays[index].bytes.isEmpty {
        arrays[index].bytes[place(in: arrays[index].bytes.count)] =
          UInt8.random(in: 0...255, using: &random)
      }
    }
  }

  /// Another shape, of as many bytes or of others; with 0 among the extents any other may be huge.
  private mutating func reshape(_ array: inout Array) {
    switch Int.random(in: 0..<6, using: &random) {
    case 0: array.shape = array.shape.reversed()
    case 1: array.shape = [array.shape.reduce(1, *)]
    case 2: array.shape.append(1)
    case 3: array.shape.insert(1, at: 0)
    case 4:
      array.shape = [1 << 40, 0, 1 << 20].shuffled(using: &random)
      array.bytes = []
    default:
      array.shape = (0..<place(in: 4)).map { _ in Int.random(in: 0...70, using: &random) }
      let count = array.type.byteCount(of: array.shape.reduce(1, *)) ?? 0
      array.bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
    }
  }

  private mutating func damage(text: inout [UInt8]) {
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
  }
}
