// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport

/// A valid tokenizer file, damaged in one to four ways that follow from a seed.
struct TokenizerMutation {
  private var random: SeededGenerator

  init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  /// Texts that mean something in `tokenizer.json`, to be put where they do not belong.
  private static let fragments = [
    "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u0000", "\\ud800", "\0", "null", "true", "-1",
    "1e308", "0", "9223372036854775807", "99999999999999999999", "\"\"", "\"Regex\":\"(a|aa)+$\"",
    "\"Regex\":\"\"", "\"type\":\"Sequence\"", "\"content\":\"\"", "\"prepend\":\"\"",
    "\"byte_fallback\":true", "\"ignore_merges\":true", "\"unk_id\":0", "\"replacement\":\"ab\"",
    "\"continuing_subword_prefix\":\"\u{20AC}\"", "\"end_of_word_suffix\":\"x\"",
    String(repeating: "[", count: 70), String(repeating: "{\"a\":", count: 70),
  ]

  /// Bytes at which careless arithmetic on lengths and numbers wraps or allocates.
  private static let numbers: [[UInt8]] = [
    [0], [0x7F], [0x80], [0xFF, 0xFF, 0xFF, 0xFF, 0x0F], [0xFF, 0xFF, 0xFF, 0xFF, 0x07],
    [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01],
    [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F], [0, 0, 0x80, 0x7F], [0, 0, 0xC0, 0x7F],
  ]

  /// A damaged `tokenizer.json`.
  mutating func json(of valid: [UInt8]) -> Data {
    var text = valid
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      switch place(in: 3) {
      case 0: changeNumber(in: &text)
      case 1:
        let fragment = Self.fragments.randomElement(using: &random) ?? ""
        insert(Array(fragment.utf8), into: &text)
      default: damage(&text)
      }
    }
    return Data(text)
  }

  /// A damaged `tokenizer.model`.
  mutating func model(of valid: [UInt8]) -> Data {
    var bytes = valid
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      if place(in: 3) == 0 {
        insert(Self.numbers.randomElement(using: &random) ?? [], into: &bytes)
      } else {
        damage(&bytes)
      }
    }
    return Data(bytes)
  }

  private mutating func place(in count: Int) -> Int {
    count > 0 ? Int.random(in: 0..<count, using: &random) : 0
  }

  /// Puts a part in, or in place of as much that was there.
  private mutating func insert(_ part: [UInt8], into bytes: inout [UInt8]) {
    let start = place(in: bytes.count)
    let end = place(in: 2) == 0 ? start : min(bytes.count, start + part.count)
    bytes.replaceSubrange(start..<end, with: part)
  }

  private mutating func damage(_ bytes: inout [UInt8]) {
    let start = place(in: bytes.count)
    switch place(in: 6) {
    case 0: if !bytes.isEmpty { bytes[start] = UInt8.random(in: 0...255, using: &random) }
    case 1: if !bytes.isEmpty { bytes[start] ^= 1 << UInt8(place(in: 8)) }
    case 2: bytes.removeSubrange(start..<min(bytes.count, start + 1 + place(in: 12)))
    case 3, 4:
      let part = Array(bytes[start..<min(bytes.count, start + 1 + place(in: 90))])
      bytes.insert(contentsOf: part, at: place(in: bytes.count))
    default: bytes.removeLast(min(bytes.count, place(in: 40)))
    }
  }

  /// Replaces one run of digits by a number near it or far off.
  private mutating func changeNumber(in text: inout [UInt8]) {
    let isDigit: (UInt8) -> Bool = { (0x30...0x39).contains($0) }
    let start = place(in: text.count)
    guard let first = text[start...].firstIndex(where: isDigit) else { return }
    let end = text[first...].firstIndex { !isDigit($0) } ?? text.count
    let value = Int(String(decoding: text[first..<end], as: UTF8.self)) ?? 0
    let number = [
      "\(value &+ 1)", "\(value &- 1)", "0", "2147483647", "2147483648", "9223372036854775807",
      "18446744073709551616", "\(place(in: 300))",
    ].randomElement(using: &random)
    text.replaceSubrange(first..<end, with: Array((number ?? "").utf8))
  }
}
