// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport

/// A golden file, damaged in one to four ways that follow from a seed, and sealed again most of the
/// time, so that the damage gets past the checksums.
struct ToneMutation {
  private var random: SeededGenerator

  init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  /// Texts that mean something in a directory, to be put where they do not belong.
  private static let fragments = [
    "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u0000", "null", "true", "-1", "1.5", "1e3", "0",
    "4294967296", "67108864", "4611686018427387904", "9223372036854775807", "18446744073709551616",
    "\"zstd\"", "\"planes2\"", "\"planes4\"", "\"block\":1,", "\"bits\":1,", "\"bits\":7,",
    "\"order\":\"low\",", "\"steps\":[],", "\"F4\"", "\"U8\"", "\"I8\"", "\"F64\"", "\"C64\"",
    "{\"op\":\"lookup\",\"with\":{\"component\":0},\"block\":1},",
    "{\"op\":\"multiply\",\"with\":{\"component\":0},\"block\":9223372036854775807},",
    "{\"op\":\"add\",\"with\":{\"component\":0,\"steps\":[{\"op\":\"add\",\"with\":",
    String(repeating: "[", count: 70), String(repeating: "{\"a\":", count: 70), " ",
  ]

  /// Words of which one may stand for another: the structure stays, the meaning changes.
  private static let words = [
    ["lookup", "subtract", "multiply", "add", "divide", "remainder"],
    ["zstd", "planes2", "planes4", "rle"],
    ["high", "low", "middle"],
    ["U8", "I8", "BOOL", "F16", "BF16", "U16", "F32", "I32", "F64", "I64", "C64", "F4", "F6_E2M3"],
    ["component", "first_frame", "frame_count", "frame_bytes", "block", "bits", "index", "count"],
    ["tensors", "components", "assets", "shape", "coding", "steps", "name", "tool"],
  ]

  private static let amounts: [UInt64] = [
    1, .max, 8, 16, 64, 1 << 20, 1 << 30, 1 << 31, 1 << 32, 1 << 62, 1 << 63,
  ]

  /// The damaged file of this seed, made from one of `files`.
  mutating func file(from files: [[UInt8]]) -> [UInt8] {
    guard let original = files.randomElement(using: &random) else { return [] }
    var bytes = ToneBytes(original)
    for _ in 0..<Int.random(in: 1...4, using: &random) { damage(&bytes) }
    var file = bytes.file
    if one(in: 12) { file[place(in: file.count)] ^= 1 << UInt8.random(in: 0..<8, using: &random) }
    if one(in: 20) { file.removeLast(place(in: file.count)) }
    return file
  }

  private mutating func one(in count: Int) -> Bool { place(in: count) == 0 }

  private mutating func place(in count: Int) -> Int {
    count > 0 ? Int.random(in: 0..<count, using: &random) : 0
  }

  private mutating func damage(_ bytes: inout ToneBytes) {
    switch place(in: 16) {
    case 0: bytes.header[place(in: 60)] ^= 1 << UInt8(place(in: 8))
    case 1, 2:
      if !bytes.data.isEmpty {
        bytes.data[place(in: bytes.data.count)] = UInt8(place(in: 256))
      }
    case 3:
      guard let index = bytes.frames.indices.randomElement(using: &random) else { return }
      bytes.frames[index].offset &+= amount()
    case 4:
      guard let index = bytes.frames.indices.randomElement(using: &random) else { return }
      bytes.frames[index].byteCount &+= UInt32(truncatingIfNeeded: amount())
    case 5:
      guard bytes.frames.count > 1 else { return }
      bytes.frames.swapAt(place(in: bytes.frames.count), place(in: bytes.frames.count))
    case 6:
      let offset = [0, 8, 16, 24, 32, 36, 48, 52].randomElement(using: &random) ?? 0
      bytes.trailerChanges.append((offset, amount()))
    case 7:
      guard !bytes.directory.isEmpty else { return }
      bytes.directory[place(in: bytes.directory.count)] = UInt8(place(in: 256))
    case 8, 9, 10, 11:
      var text = bytes.directory
      changeNumber(in: &text)
      bytes.setDirectory(text)
    case 12, 13:
      var text = bytes.directory
      exchangeWord(in: &text)
      bytes.setDirectory(text)
    default:
      var text = bytes.directory
      damage(text: &text)
      bytes.setDirectory(text)
    }
  }

  private mutating func amount() -> UInt64 { Self.amounts.randomElement(using: &random) ?? 1 }

  private mutating func damage(text: inout [UInt8]) {
    let start = place(in: text.count)
    switch place(in: 4) {
    case 0: text.removeSubrange(start..<min(text.count, start + 1 + place(in: 12)))
    case 1:
      // A part of the directory once more, somewhere else: duplicate names, entries in entries.
      let part = Array(text[start..<min(text.count, start + 1 + place(in: 200))])
      text.insert(contentsOf: part, at: place(in: text.count))
    default:
      let fragment = Array((Self.fragments.randomElement(using: &random) ?? "").utf8)
      text.insert(contentsOf: fragment, at: start)
    }
  }

  /// Replaces one run of digits by a number near it or far off.
  private mutating func changeNumber(in text: inout [UInt8]) {
    let isDigit: (UInt8) -> Bool = { (0x30...0x39).contains($0) }
    let digits = text.indices.filter { isDigit(text[$0]) && !($0 > 0 && isDigit(text[$0 - 1])) }
    guard let start = digits.randomElement(using: &random) else { return }
    let end = text[start...].firstIndex { !isDigit($0) } ?? text.count
    let value = Int(String(decoding: text[start..<end], as: UTF8.self)) ?? 0
    let number = [
      "\(value &+ 1)", "\(value &- 1)", "\(value &* 2)", "\(value / 2)", "0", "1", "67108864",
      "4294967296", "1099511627776", "4611686018427387904", "9223372036854775807",
      "18446744073709551616", "-\(value)", "\(place(in: 300))", "\(place(in: 10))",
      "\(place(in: 10))", "\(place(in: 10))",
    ].randomElement(using: &random)
    text.replaceSubrange(start..<end, with: Array((number ?? "").utf8))
  }

  /// Puts another word of the same kind in the place of one.
  private mutating func exchangeWord(in text: inout [UInt8]) {
    guard let kind = Self.words.randomElement(using: &random),
      let old = kind.randomElement(using: &random), let new = kind.randomElement(using: &random)
    else { return }
    let pattern = Array("\"\(old)\"".utf8)
    let places = text.indices.filter { text[$0...].starts(with: pattern) }
    guard let start = places.randomElement(using: &random) else { return }
    text.replaceSubrange(start..<start + pattern.count, with: Array("\"\(new)\"".utf8))
  }
}
