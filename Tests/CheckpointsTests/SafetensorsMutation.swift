// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Foundation
import Tensors
import TestSupport

/// A valid safetensors file, damaged in one to four ways that follow from a seed.
struct SafetensorsMutation {
  private var random: SeededGenerator

  init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  /// Texts that mean something in a header, to be put where they do not belong.
  private static let fragments = [
    "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u0000", "\\ud800", "\0", "\u{FEFF}", "null",
    "true", "-1", "1.0", "1e0", "0", "4294967296", "9223372036854775807",
    "18446744073709551615", "18446744073709551616", "99999999999999999999999999", "[0,0]",
    "\"dtype\":\"F4\",", "\"shape\":[],", "\"data_offsets\":[0,0],", "\"__metadata__\":{},",
    "\"F64\"", "\"F6_E2M3\"", "\"x\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]},",
    String(repeating: "[", count: 70), String(repeating: "{\"a\":", count: 70), " ", "\n",
  ]

  /// Header lengths at which careless arithmetic wraps or allocates.
  private static let lengths: [UInt64] = [
    0, 1, 2, 7, 8, 100_000_000, 100_000_001, 1 << 31, 1 << 32, 1 << 63, .max - 8, .max - 7, .max,
  ]

  /// The file of this seed.
  mutating func file() -> Data {
    let (header, data) = validParts()
    var text = header
    for _ in 0..<Int.random(in: 0...3, using: &random) { damage(header: &text) }
    var length = UInt64(text.count)
    if one(in: 20) {
      length = Self.lengths.randomElement(using: &random) ?? 0
    } else if one(in: 20) {
      length = length &+ UInt64.random(in: 0...4, using: &random) &- 2
    }
    var file = withUnsafeBytes(of: length.littleEndian) { Data($0) }
    file.append(contentsOf: text)
    file.append(data)
    if one(in: 10) { file.removeLast(Int.random(in: 0...file.count, using: &random)) }
    if one(in: 20) { file.append(Data(repeating: 0x20, count: place(in: 9))) }
    if one(in: 10), !file.isEmpty {
      file[place(in: file.count)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    }
    return file
  }

  private mutating func one(in count: Int) -> Bool { place(in: count) == 0 }

  private mutating func place(in count: Int) -> Int {
    count > 0 ? Int.random(in: 0..<count, using: &random) : 0
  }

  /// A header and its data: up to six tensors of random types and shapes, in random order.
  private mutating func validParts() -> (header: [UInt8], data: Data) {
    var entries: [String] = []
    var end = 0
    for index in 0..<place(in: 7) {
      let type = ElementType.allCases.randomElement(using: &random) ?? .f32
      var shape = (0..<place(in: 4)).map { _ in Int.random(in: 0...5, using: &random) }
      // Narrow elements fill whole bytes.
      if type.bitWidth < 8 { shape.append(4) }
      let byteCount = type.byteCount(of: shape.reduce(1, *)) ?? 0
      let name = ["t\(index)", "layer.\(index).weight", "é\\\"\(index)", "\\u0061\(index)"]
        .randomElement(using: &random)
      entries.append(entry(name ?? "", type.rawValue, "\(shape)", "[\(end), \(end + byteCount)]"))
      end += byteCount
    }
    if one(in: 3) { entries.append(#""__metadata__":{"format":"pt","k":"v"}"#) }
    entries.shuffle(using: &random)
    var text = "{" + entries.joined(separator: ",") + "}"
    text += String(repeating: " ", count: place(in: 9))
    return (Array(text.utf8), Data((0..<end).map { UInt8(truncatingIfNeeded: $0 &* 37) }))
  }

  private mutating func damage(header text: inout [UInt8]) {
    let start = place(in: text.count)
    switch Int.random(in: 0..<8, using: &random) {
    case 0: if !text.isEmpty { text[start] = UInt8.random(in: 0...255, using: &random) }
    case 1: text.removeSubrange(start..<min(text.count, start + 1 + place(in: 12)))
    case 2:
      let fragment = Self.fragments.randomElement(using: &random) ?? ""
      text.insert(contentsOf: Array(fragment.utf8), at: start)
    case 3, 4: changeNumber(in: &text)
    case 5:
      // A part of the header once more, somewhere else: duplicate keys, entries inside entries.
      let part = Array(text[start..<min(text.count, start + 1 + place(in: 90))])
      text.insert(contentsOf: part, at: place(in: text.count))
    case 6:
      let fragment = Self.fragments.randomElement(using: &random) ?? ""
      let end = min(text.count, start + fragment.utf8.count)
      text.replaceSubrange(start..<end, with: Array(fragment.utf8))
    default: text.removeLast(min(text.count, place(in: 12)))
    }
  }

  /// Replaces one run of digits by a number near it or far off.
  private mutating func changeNumber(in text: inout [UInt8]) {
    let isDigit: (UInt8) -> Bool = { (0x30...0x39).contains($0) }
    let digits = text.indices.filter { isDigit(text[$0]) && !(($0 > 0) && isDigit(text[$0 - 1])) }
    guard let start = digits.randomElement(using: &random) else { return }
    let end = text[start...].firstIndex { !isDigit($0) } ?? text.count
    let value = Int(String(decoding: text[start..<end], as: UTF8.self)) ?? 0
    let number = [
      "\(value &+ 1)", "\(value &- 1)", "\(value &* 2)", "0", "4294967296",
      "9223372036854775807", "18446744073709551615", "18446744073709551616",
      "\(Int.random(in: 0...200, using: &random))",
    ].randomElement(using: &random)
    text.replaceSubrange(start..<end, with: Array((number ?? "").utf8))
  }
}
