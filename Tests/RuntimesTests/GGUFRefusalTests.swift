// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import Runtimes

/// One test for each rule of the container.
@Suite struct GGUFRefusalTests {
  private func expectRefusal(_ contents: Data, _ error: GGUFError) {
    #expect(throws: error) { try GGUFFile(contents: contents, path: "f") }
    #expect(error.description.hasPrefix("f: ") && !error.description.contains("\n"))
  }

  /// A header is 24 bytes.
  private let start = 24

  // MARK: - The header

  @Test func `a file that begins otherwise, and one that ends in the header`() {
    expectRefusal(Data("GGML".utf8), .notGGUF(file: "f"))
    expectRefusal(Data(), .notGGUF(file: "f"))
    expectRefusal(
      GGUFBytes().contents.prefix(10),
      .truncated(file: "f", place: .header, offset: 8, needed: 8, available: 2))
    expectRefusal(
      Data("version https://git-lfs.github.com/spec/v1\n".utf8), .gitPointer(file: "f"))
  }

  @Test(arguments: [0, 1, 4, 99] as [UInt32])
  func `other versions`(version: UInt32) {
    expectRefusal(
      GGUFBytes(version: version).contents, .unsupportedVersion(file: "f", found: version))
  }

  @Test func `a big-endian file is called so`() {
    expectRefusal(GGUFBytes(version: UInt32(3).byteSwapped).contents, .bigEndian(file: "f"))
  }

  @Test(arguments: [2, 1 << 40, 1 << 63, .max] as [UInt64])
  func `counts for which the file has no room`(count: UInt64) {
    expectRefusal(
      GGUFBytes(tensorCount: count).contents,
      .tooManyEntries(file: "f", kind: "tensors", found: count, limit: 0))
    expectRefusal(
      GGUFBytes(keyCount: count).contents,
      .tooManyEntries(file: "f", kind: "metadata entries", found: count, limit: 0))
  }

  // MARK: - Metadata

  @Test(arguments: [20, 1 << 30] as [UInt64])
  func `a string that ends behind the file`(length: UInt64) {
    let entry = GGUFBytes.string("k") + UInt32(8).bytes + length.bytes + Data("text".utf8)
    expectRefusal(
      GGUFBytes(entries: [entry]).contents,
      .truncated(file: "f", place: .key("k"), offset: start + 21, needed: length, available: 4))
  }

  @Test(arguments: [1_073_741_825, 1 << 62, .max] as [UInt64])
  func `a string longer than any`(length: UInt64) {
    let entry = GGUFBytes.string("k") + UInt32(8).bytes + length.bytes + Data("text".utf8)
    expectRefusal(
      GGUFBytes(entries: [entry]).contents,
      .tooLong(file: "f", place: .key("k"), offset: start + 13, found: length, limit: 1 << 30))
  }

  @Test func `an array that ends behind the file, or could not`() {
    func file(_ type: UInt32, _ count: UInt64) -> Data {
      GGUFBytes(entries: [GGUFBytes.entry("k", array: type, count: count, Data(count: 8))]).contents
    }
    expectRefusal(
      file(4, 3),
      .truncated(file: "f", place: .key("k"), offset: start + 25, needed: 12, available: 8))
    expectRefusal(
      file(12, 1 << 40),
      .tooLong(file: "f", place: .key("k"), offset: start + 17, found: 1 << 40, limit: 1 << 30))
    // The eight bytes are one empty string, after which nothing is left.
    expectRefusal(
      file(8, 1 << 30),
      .truncated(file: "f", place: .key("k"), offset: start + 33, needed: 8, available: 0))
    expectRefusal(file(9, 1), .nestedArray(file: "f", key: "k", offset: start + 13))
    expectRefusal(
      file(13, 1), .unknownValueType(file: "f", key: "k", found: 13, offset: start + 13))
  }

  @Test func `a value of an unknown type`() {
    expectRefusal(
      GGUFBytes(entries: [GGUFBytes.entry("k", 13, Data(count: 8))]).contents,
      .unknownValueType(file: "f", key: "k", found: 13, offset: start + 9))
  }

  @Test func `keys that are empty, doubled or not UTF-8`() {
    let entry = GGUFBytes.entry("k", u32: 1)
    expectRefusal(
      GGUFBytes(entries: [GGUFBytes.entry("", u32: 1)]).contents,
      .emptyName(file: "f", place: .keyName(0), offset: start))
    expectRefusal(
      GGUFBytes(entries: [entry, entry]).contents,
      .duplicateName(file: "f", place: .key("k"), offset: start + entry.count))
    expectRefusal(
      GGUFBytes(entries: [UInt64(1).bytes + Data([0xFF]) + UInt32(0).bytes + Data(count: 4)])
        .contents,
      .notUTF8(file: "f", place: .keyName(0), offset: start + 8))
  }

  @Test(arguments: [UInt32(0), 3, 33]) func `an alignment that is no power of two`(value: UInt32) {
    expectRefusal(
      GGUFBytes(entries: [GGUFBytes.entry("general.alignment", u32: value)]).contents,
      .badAlignment(file: "f", found: "\(value)"))
  }

  @Test func `an alignment that is no number`() {
    expectRefusal(
      GGUFBytes(entries: [GGUFBytes.entry("general.alignment", text: "32")]).contents,
      .badAlignment(file: "f", found: "a string"))
  }

  // MARK: - Tensors

  private func refuse(_ tensors: [Data], dataByteCount: Int = 0, _ error: GGUFError) {
    expectRefusal(
      GGUFBytes(tensors: tensors, data: Data(count: dataByteCount)).contents, error)
  }

  @Test func `names that are empty, doubled, too long or hold control characters`() {
    let tensor = GGUFBytes.tensor("t", [0], type: 0)
    refuse(
      [GGUFBytes.tensor("", [0], type: 0)],
      .emptyName(file: "f", place: .tensorName(0), offset: start))
    refuse(
      [tensor, tensor],
      .duplicateName(file: "f", place: .tensor("t"), offset: start + tensor.count))
    let long = String(repeating: "n", count: 64)
    refuse(
      [GGUFBytes.tensor(long, [0], type: 0)],
      .nameTooLong(file: "f", tensor: long, byteCount: 64, limit: 63))
    refuse(
      [GGUFBytes.tensor("a\nb", [0], type: 0)],
      .controlCharacterInName(file: "f", tensor: "a\nb"))
  }

  @Test func `more than four dimensions`() {
    refuse(
      [GGUFBytes.tensor("t", [1, 1, 1, 1, 1], type: 0)],
      .tooManyDimensions(file: "f", tensor: "t", found: 5, limit: 4))
  }

  private static let wide: Int64 = 1 << 32
  private static let impossible: [[Int64]] = [
    [-1], [1, -1], [wide, wide / 2], [wide, wide, 0], [wide * (wide / 16)], [0, wide, wide], [.max],
    [.min, .min],
  ]

  @Test(arguments: impossible)
  func `shapes that are negative or whose products wrap`(dimensions: [Int64]) {
    refuse(
      [GGUFBytes.tensor("t", dimensions, type: 0)],
      .shapeOverflow(file: "f", tensor: "t", shape: dimensions.reversed()))
  }

  @Test func `types that are unknown or can't be decoded`() {
    refuse(
      [GGUFBytes.tensor("t", [256], type: 4)],
      .unsupportedType(file: "f", tensor: "t", id: 4, name: nil))
    refuse(
      [GGUFBytes.tensor("t", [256], type: 16)],
      .unsupportedType(file: "f", tensor: "t", id: 16, name: "IQ2_XXS"))
    refuse(
      [GGUFBytes.tensor("t", [256], type: .max)],
      .unsupportedType(file: "f", tensor: "t", id: .max, name: nil))
  }

  @Test func `rows that are no whole blocks`() {
    refuse(
      [GGUFBytes.tensor("t", [128, 2], type: 12)], dataByteCount: 144,
      .partialBlock(file: "f", tensor: "t", type: "q4_k", columns: 128, blockSize: 256))
  }

  @Test func `offsets that leave holes, overlap or run backwards`() {
    for (second, expected) in [(64, 32), (0, 32), (16, 32)] as [(UInt64, Int)] {
      refuse(
        [
          GGUFBytes.tensor("a", [1], type: 0),
          GGUFBytes.tensor("b", [1], type: 0, offset: second),
        ], dataByteCount: 96,
        .wrongOffset(file: "f", tensor: "b", expected: expected, found: second))
    }
  }

  @Test func `data that ends too early or too late`() {
    let tensor = GGUFBytes.tensor("t", [16], type: 0)
    let dataStart = (start + tensor.count + 31) / 32 * 32
    refuse(
      [tensor], dataByteCount: 63,
      .dataTruncated(
        file: "f", tensor: "t", expectedByteCount: dataStart + 64, found: dataStart + 63))
    refuse(
      [tensor], dataByteCount: 70,
      .trailingBytes(file: "f", offset: dataStart + 64, count: 6))
    #expect(throws: Never.self) {
      try GGUFFile(contents: GGUFBytes(tensors: [tensor], data: Data(count: 64)).contents)
    }
  }
}
