// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport

@testable import Runtimes

/// A valid GGUF file of a small model, damaged in up to four ways that follow from a seed.
struct GGUFMutation {
  private var random: SeededGenerator

  init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  /// Numbers at which careless arithmetic wraps or allocates.
  private static let numbers: [UInt64] = [
    0, 1, 2, 31, 32, 255, 256, 1 << 16, 1 << 20, 1 << 30, 1 << 31, 1 << 32, 1 << 40, 1 << 60,
    1 << 62, 1 << 63, .max - 31, .max - 1, .max,
  ]

  /// The file of this seed.
  mutating func file() -> Data {
    var parts = validParts()
    if one(in: 4), let index = parts.entries.indices.randomElement(using: &random) {
      // An entry twice, or in another place.
      parts.entries.insert(parts.entries[index], at: place(in: parts.entries.count))
      if one(in: 2) { parts.entries.remove(at: place(in: parts.entries.count)) }
    }
    if one(in: 8) { parts.tensorCount = Self.numbers.randomElement(using: &random) }
    if one(in: 8) { parts.keyCount = Self.numbers.randomElement(using: &random) }
    var file = [UInt8](parts.contents)
    // Most damage goes where it matters: in front of the data.
    let head = max(1, file.count - parts.data.count)
    for _ in 0..<place(in: 4) { damage(&file, within: head) }
    if one(in: 10) { file.removeLast(place(in: file.count + 1)) }
    if one(in: 20) { file += [UInt8](repeating: 0, count: place(in: 70)) }
    return Data(file)
  }

  private mutating func one(in count: Int) -> Bool { place(in: count) == 0 }

  private mutating func place(in count: Int) -> Int {
    count > 0 ? Int.random(in: 0..<count, using: &random) : 0
  }

  private mutating func damage(_ file: inout [UInt8], within head: Int) {
    guard !file.isEmpty else { return }
    let start = place(in: min(head, file.count))
    switch place(in: 5) {
    case 0: file[start] = UInt8.random(in: 0...255, using: &random)
    case 1: file[start] ^= 1 << UInt8(place(in: 8))
    case 2:
      let number = (Self.numbers.randomElement(using: &random) ?? 0).bytes
      for (index, byte) in number.prefix(one(in: 2) ? 4 : 8).enumerated()
      where start + index < file.count {
        file[start + index] = byte
      }
    case 3: file.removeSubrange(start..<min(file.count, start + 1 + place(in: 12)))
    default:
      let part = Array(file[start..<min(file.count, start + 1 + place(in: 40))])
      file.insert(contentsOf: part, at: place(in: min(head, file.count)))
    }
  }

  /// A model of one layer whose tensors are of random types.
  private mutating func validParts() -> GGUFBytes {
    let architecture =
      ["llama", "gemma2", "phi3", "gptneox", "nothing"]
      .randomElement(using: &random) ?? "llama"
    var parts = GGUFBytes()
    if one(in: 5) {
      parts.alignment = 64
      parts.entries.append(GGUFBytes.entry("general.alignment", u32: 64))
    }
    parts.entries.append(GGUFBytes.entry("general.architecture", text: architecture))
    for (key, value) in [
      ("embedding_length", 32), ("context_length", 64), ("block_count", 1),
      ("feed_forward_length", 256), ("attention.head_count", 4), ("attention.head_count_kv", 2),
    ] as [(String, UInt32)] {
      parts.entries.append(GGUFBytes.entry("\(architecture).\(key)", u32: value))
    }
    if one(in: 2) { parts.entries += vocabulary() } else { parts.entries += pieces() }
    var tensors: [(String, [Int64])] = [
      ("token_embd.weight", [256, 6]), ("output_norm.weight", [256]),
      ("blk.0.attn_q.weight", [256, 32]), ("blk.0.attn_k.weight", [256, 16]),
      ("blk.0.attn_qkv.weight", [256, 64]), ("rope_freqs.weight", [4]),
      ("blk.0.ffn_gate_exps.weight", [256, 2, 3]),
    ]
    tensors.shuffle(using: &random)
    for (name, dimensions) in tensors.prefix(place(in: tensors.count + 1)) {
      let types = GGUFType.all.filter { dimensions[0] % Int64($0.weightCount) == 0 }
      guard let type = types.randomElement(using: &random) else { continue }
      let count = Int(dimensions.reduce(1, *)) / type.weightCount * type.byteCount
      parts.tensors.append(
        GGUFBytes.tensor(name, dimensions, type: type.id, offset: UInt64(parts.data.count)))
      parts.data.append(Data((0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37) }))
      let padding = (parts.alignment - parts.data.count % parts.alignment) % parts.alignment
      parts.data.append(Data(count: padding))
    }
    return parts
  }

  /// Six tokens of a byte-level BPE.
  private func vocabulary() -> [Data] {
    let tokens = ["<s>", "a", "b", "ab", "Ġ", "</s>"]
    return [
      GGUFBytes.entry("tokenizer.ggml.model", text: "gpt2"),
      GGUFBytes.entry("tokenizer.ggml.pre", text: "llama-bpe"),
      Self.strings("tokenizer.ggml.tokens", tokens),
      Self.strings("tokenizer.ggml.merges", ["a b"]),
      Self.kinds([3, 1, 1, 1, 1, 3]),
      GGUFBytes.entry("tokenizer.ggml.bos_token_id", u32: 0),
      GGUFBytes.entry("tokenizer.ggml.eos_token_id", u32: 5),
    ]
  }

  /// Six pieces of a SentencePiece model.
  private func pieces() -> [Data] {
    let scores = (0..<6).reduce(Data()) { $0 + Float(-$1).bitPattern.bytes }
    return [
      GGUFBytes.entry("tokenizer.ggml.model", text: "llama"),
      Self.strings("tokenizer.ggml.tokens", ["<unk>", "<s>", "</s>", "▁a", "a", "▁"]),
      GGUFBytes.entry("tokenizer.ggml.scores", array: 6, count: 6, scores),
      Self.kinds([2, 3, 3, 1, 1, 4]),
      GGUFBytes.entry("tokenizer.ggml.bos_token_id", u32: 1),
    ]
  }

  private static func strings(_ key: String, _ texts: [String]) -> Data {
    GGUFBytes.entry(
      key, array: 8, count: UInt64(texts.count),
      texts.reduce(Data()) { $0 + GGUFBytes.string($1) })
  }

  private static func kinds(_ kinds: [Int32]) -> Data {
    GGUFBytes.entry(
      "tokenizer.ggml.token_type", array: 5, count: UInt64(kinds.count),
      kinds.reduce(Data()) { $0 + $1.bytes })
  }
}
