// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing

/// One test for each rule; offsets count from the file's start, so the header begins at 8.
@Suite struct SafetensorsRefusalTests {
  // MARK: - The header as a whole

  @Test(arguments: 0..<8)
  func `a file too short for the header's length`(byteCount: Int) {
    expectRefusal(
      Data(repeating: 0, count: byteCount),
      .shorterThanHeaderLength(file: "f", byteCount: byteCount))
  }

  @Test func `a pointer that Git left in place of the file`() {
    expectRefusal(
      Data("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n".utf8),
      .gitPointer(file: "f"))
  }

  @Test func `an empty header`() {
    expectRefusal(safetensors(""), .emptyHeader(file: "f"))
  }

  @Test(arguments: [3, UInt64(1) << 32, .max - 7, .max])
  func `a header that ends behind the file`(length: UInt64) {
    let file = withUnsafeBytes(of: length.littleEndian) { Data($0) } + Data("{}".utf8)
    expectRefusal(file, .headerPastEnd(file: "f", headerByteCount: length, available: 2))
  }

  @Test func `a header longer than the format allows`() throws {
    let folder = try TemporaryFolder()
    let length: UInt64 = 100_000_001
    let path = try folder.write(
      withUnsafeBytes(of: length.littleEndian) { Data($0) }, as: "f")
    // The rest is a hole that takes no room on the device.
    try #require(truncate(path, off_t(length + 8)) == 0)
    #expect(
      throws: CheckpointError.headerTooLong(
        file: path, headerByteCount: length, limit: 100_000_000)
    ) { try SafetensorsFile(path: path) }
  }

  @Test func `a truncated header names the byte`() {
    expectRefusal(
      safetensors("{\"a\":{\"dtype\":\"U8\""),
      .malformed(file: "f", tensor: "a", .unexpectedEnd(expected: .separator, offset: 26)))
  }

  @Test func `a byte order mark`() {
    expectRefusal(
      safetensors("\u{FEFF}{}"), .malformed(file: "f", tensor: nil, .byteOrderMark(offset: 8)))
  }

  @Test func `garbage or a zero byte behind the JSON`() {
    for end in ["\0", "x", "{}"] {
      expectRefusal(
        safetensors("{} \(end)"), .malformed(file: "f", tensor: nil, .trailingBytes(offset: 11)))
    }
  }

  @Test func `invalid UTF-8, control characters and lone surrogates`() {
    expectRefusal(
      safetensors(Data([0x7B, 0x22, 0xFF, 0x22, 0x7D])),
      .malformed(file: "f", tensor: nil, .invalidUTF8(offset: 10)))
    expectRefusal(
      safetensors("{\"\n\":1}"), .malformed(file: "f", tensor: nil, .controlCharacter(offset: 10)))
    expectRefusal(
      safetensors(#"{"\ud800":1}"#),
      .malformed(file: "f", tensor: nil, .loneSurrogate(offset: 10)))
  }

  @Test func `a header that is no object`() {
    expectRefusal(
      safetensors("[]"),
      .malformed(
        file: "f", tensor: nil, .unexpectedByte(found: 0x5B, expected: .object, offset: 8)))
  }

  @Test func `nesting deeper than 64`() {
    let deep = String(repeating: "[", count: 200) + String(repeating: "]", count: 200)
    expectRefusal(
      safetensors("{\"a\":{\"x\":\(deep)}}"),
      .malformed(file: "f", tensor: "a", .nestedTooDeep(limit: 64, offset: 80)))
  }

  // MARK: - Duplicates

  @Test func `the same tensor twice, however it is spelled`() {
    expectRefusal(
      safetensors("{\(entry("a")),\(entry("a"))}", data: 4),
      .malformed(file: "f", tensor: nil, .duplicateKey(key: "a", offset: 61)))
    expectRefusal(
      safetensors("{\(entry("a")),\(entry("\\u0061"))}", data: 4),
      .malformed(file: "f", tensor: nil, .duplicateKey(key: "a", offset: 61)))
  }

  @Test func `the same field twice`() {
    expectRefusal(
      safetensors(#"{"a":{"dtype":"U8","dtype":"U8","shape":[],"data_offsets":[0,1]}}"#, data: 1),
      .malformed(file: "f", tensor: "a", .duplicateKey(key: "dtype", offset: 27)))
  }

  @Test func `metadata twice, and a key twice in metadata`() {
    expectRefusal(
      safetensors(#"{"__metadata__":{},"__metadata__":{}}"#),
      .malformed(file: "f", tensor: nil, .duplicateKey(key: "__metadata__", offset: 27)))
    expectRefusal(
      safetensors(#"{"__metadata__":{"k":"1","k":"2"}}"#),
      .malformed(file: "f", tensor: "__metadata__", .duplicateKey(key: "k", offset: 33)))
  }

  // MARK: - Metadata

  @Test func `metadata that does not map strings to strings`() {
    expectRefusal(
      safetensors(#"{"__metadata__":"x"}"#),
      .metadataIsNoText(
        file: "f", .unexpectedByte(found: 0x22, expected: .object, offset: 24)))
    expectRefusal(
      safetensors(#"{"__metadata__":{"k":1}}"#),
      .metadataIsNoText(
        file: "f", .unexpectedByte(found: 0x31, expected: .string, offset: 29)))
  }

  // MARK: - Entries

  @Test func `an entry that is an array`() {
    expectRefusal(
      safetensors(#"{"a":["F32",[1],[0,4]]}"#, data: 4),
      .malformed(
        file: "f", tensor: "a", .unexpectedByte(found: 0x5B, expected: .object, offset: 13)))
  }

  @Test func `a name that is empty or holds control characters`() {
    expectRefusal(safetensors("{\(entry(""))}", data: 4), .emptyName(file: "f", offset: 9))
    for (escape, character) in [
      ("\\u0000", "\0"), ("\\n", "\n"), ("\u{7F}", "\u{7F}"), ("\u{9B}", "\u{9B}"),
    ] {
      expectRefusal(
        safetensors("{\(entry("a" + escape))}", data: 4),
        .controlCharacterInName(file: "f", tensor: "a" + character))
    }
  }

  @Test(arguments: [
    ("dtype", #"{"shape":[],"data_offsets":[0,1]}"#),
    ("shape", #"{"dtype":"U8","data_offsets":[0,1]}"#),
    ("data_offsets", #"{"dtype":"U8","shape":[]}"#),
  ])
  func `an entry without one of its fields`(field: String, text: String) {
    expectRefusal(
      safetensors("{\"a\":\(text)}", data: 1),
      .missingField(file: "f", tensor: "a", field: field))
  }

  @Test(arguments: ["F8_E4M3FN", "f32", "FLOAT", "", "U4"])
  func `an element type that the format does not have`(name: String) {
    expectRefusal(
      safetensors("{\(entry("a", name))}", data: 4),
      .unknownElementType(file: "f", tensor: "a", found: name))
  }

  @Test(arguments: [
    ("[-4]", JSONError.negative(offset: 36)), ("[4.0]", .notAnInteger(offset: 36)),
    ("[4e0]", .notAnInteger(offset: 36)),
    ("[18446744073709551616]", .numberTooLarge(offset: 36)),
    ("[9223372036854775808]", .numberTooLarge(offset: 36)),
    ("[\"4\"]", .unexpectedByte(found: 0x22, expected: .count, offset: 36)),
    ("[null]", .unexpectedByte(found: 0x6E, expected: .count, offset: 36)),
    ("4", .unexpectedByte(found: 0x34, expected: .array, offset: 35)),
  ])
  func `a dimension that is no count`(shape: String, error: JSONError) {
    expectRefusal(
      safetensors("{\(entry("a", "U8", shape))}", data: 4),
      .malformed(file: "f", tensor: "a", error))
  }

  @Test func `an offset that is no count`() {
    expectRefusal(
      safetensors("{\(entry("a", "U8", "[4]", "[-4,0]"))}", data: 4),
      .malformed(file: "f", tensor: "a", .negative(offset: 55)))
    expectRefusal(
      safetensors("{\(entry("a", "U8", "[4]", "[0,4.0]"))}", data: 4),
      .malformed(file: "f", tensor: "a", .notAnInteger(offset: 57)))
  }

  @Test func `a number with a fraction anywhere in the header`() {
    expectRefusal(
      safetensors(#"{"a":{"x":1.5}}"#),
      .malformed(file: "f", tensor: "a", .notAnInteger(offset: 18)))
  }

  @Test func `more than eight dimensions`() {
    expectRefusal(
      safetensors("{\(entry("a", "U8", "[1,1,1,1,1,1,1,1,4]"))}", data: 4),
      .tooManyDimensions(file: "f", tensor: "a", limit: 8))
  }

  @Test(
    arguments: [
      [1 << 32, 1 << 32, 0], [1 << 32, 1 << 32], [.max, 2], [1 << 62], [3, .max],
    ] as [[Int]])
  func `a shape whose product or size overflows`(shape: [Int]) {
    expectRefusal(
      safetensors("{\(entry("a", "F32", "\(shape)", "[0,0]"))}"),
      .shapeOverflow(file: "f", tensor: "a", shape: shape))
  }

  @Test func `offsets whose end overflows in the file`() {
    let end = (1 << 60) - 1
    expectRefusal(
      safetensors("{\(entry("a", "U8", "[\(end)]", "[0,\(end)]"))}"),
      .dataTruncated(
        file: "f", tensor: "a", expectedByteCount: end + 97, found: 97))
    expectRefusal(
      safetensors("{\(entry("a", "U8", "[0]", "[\(Int.max),\(Int.max)]"))}"),
      .shapeOverflow(file: "f", tensor: "a", shape: [0]))
  }

  @Test func `narrow elements that do not fill a byte`() {
    expectRefusal(
      safetensors("{\(entry("a", "F4", "[3]", "[0,2]"))}", data: 2),
      .partialByte(file: "f", tensor: "a", shape: [3], elementType: .f4))
    expectRefusal(
      safetensors("{\(entry("a", "F6_E2M3", "[2]", "[0,2]"))}", data: 2),
      .partialByte(file: "f", tensor: "a", shape: [2], elementType: .f6e2m3))
  }

  @Test(arguments: [("[]", 0), ("[0]", 1), ("[0,4,4]", 3)])
  func `offsets that are not two`(offsets: String, count: Int) {
    expectRefusal(
      safetensors("{\(entry("a", "U8", "[4]", offsets))}", data: 4),
      .wrongOffsetCount(file: "f", tensor: "a", found: count))
  }

  @Test func `offsets that run backwards`() {
    expectRefusal(
      safetensors("{\(entry("a", "U8", "[4]", "[4,0]"))}", data: 4),
      .offsetsReversed(file: "f", tensor: "a", begin: 4, end: 0))
  }

  @Test func `offsets that do not span what the shape needs`() {
    expectRefusal(
      safetensors("{\(entry("a", "F32", "[2]", "[0,4]"))}", data: 4),
      .wrongByteCount(file: "f", tensor: "a", expected: 8, found: 4))
  }

  /// 2^32 * 2^32 wraps to 0; a reader that takes that for an empty tensor skips its checks.
  @Test func `a product that wraps to zero`() {
    expectRefusal(
      safetensors("{\(entry("a", "U8", "[4294967296,4294967296]", "[0,4]"))}", data: 4),
      .shapeOverflow(file: "f", tensor: "a", shape: [1 << 32, 1 << 32]))
  }

  // MARK: - Layout

  @Test func `a hole at the start, in the middle, or around an empty tensor`() {
    expectRefusal(
      safetensors("{\(entry("a", "U8", "[4]", "[1,5]"))}", data: 5),
      .hole(file: "f", tensor: "a", expected: 0, found: 1))
    expectRefusal(
      safetensors("{\(entry("a")),\(entry("b", "U8", "[2]", "[6,8]"))}", data: 8),
      .hole(file: "f", tensor: "b", expected: 4, found: 6))
    expectRefusal(
      safetensors("{\(entry("a")),\(entry("b", "U8", "[0]", "[5,5]"))}", data: 4),
      .hole(file: "f", tensor: "b", expected: 4, found: 5))
  }

  @Test func `tensors that share bytes`() {
    expectRefusal(
      safetensors("{\(entry("a")),\(entry("b"))}", data: 4),
      .overlap(file: "f", tensor: "b", other: "a", begin: 0, otherEnd: 4))
    expectRefusal(
      safetensors("{\(entry("b", "U8", "[4]", "[2,6]")),\(entry("a"))}", data: 6),
      .overlap(file: "f", tensor: "b", other: "a", begin: 2, otherEnd: 4))
    expectRefusal(
      safetensors("{\(entry("a")),\(entry("b", "U8", "[0]", "[2,2]"))}", data: 4),
      .overlap(file: "f", tensor: "b", other: "a", begin: 2, otherEnd: 4))
  }

  @Test func `data that ends too early`() {
    let header = "{\(entry("a")),\(entry("b", "U8", "[4]", "[4,8]"))}"
    let start = 8 + header.utf8.count
    expectRefusal(
      safetensors(header, data: 7),
      .dataTruncated(
        file: "f", tensor: "b", expectedByteCount: start + 8, found: start + 7))
    expectRefusal(
      safetensors(header, data: 3),
      .dataTruncated(
        file: "f", tensor: "a", expectedByteCount: start + 8, found: start + 3))
  }

  @Test func `bytes that belong to no tensor`() {
    let header = "{\(entry("a"))}"
    expectRefusal(
      safetensors(header, data: 6),
      .trailingBytes(file: "f", offset: 12 + header.utf8.count, count: 2))
    expectRefusal(safetensors("{}", data: 1), .trailingBytes(file: "f", offset: 10, count: 1))
  }
}
