// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import Runtimes

/// One broken rule each, in a file of a few bytes.
@Suite struct CTranslate2RefusalTests {
  private typealias Bytes = [UInt8]

  private static func name(_ text: String) -> Bytes {
    UInt16(text.utf8.count + 1).littleEndianBytes + Bytes(text.utf8) + [0]
  }

  private static func head(version: UInt32 = 6, count: UInt32) -> Bytes {
    version.littleEndianBytes + name("TransformerDecoderSpec") + UInt32(8).littleEndianBytes
      + count.littleEndianBytes
  }

  private static func variable(
    _ text: String, _ shape: [UInt32] = [2], type: UInt8 = 1, length: UInt32 = 2,
    payload: Bytes = [1, 2]
  ) -> Bytes {
    name(text) + [UInt8(shape.count)] + shape.flatMap(\.littleEndianBytes) + [type]
      + length.littleEndianBytes + payload
  }

  private static let end = UInt32(0).littleEndianBytes

  @Test func `a sound file is read`() throws {
    let alias = UInt32(1).littleEndianBytes + Self.name("b") + Self.name("a")
    let file = try CTranslate2File(
      contents: Data(Self.head(count: 1) + Self.variable("a") + alias))
    #expect(file.names == ["a"] && file["b"] == file["a"] && file["c"] == nil)
  }

  @Test func `before version 4 a type is the size of a number, and lengths count numbers`() throws {
    let floats = Self.variable(
      "a", type: 4, length: 2, payload: [0, 0, 128, 63, 0, 0, 0, 64])
    let file = try CTranslate2File(
      contents: Data(Self.head(version: 3, count: 1) + floats + Self.end))
    #expect(file["a"]?.type == .float32)
    #expect(try file.numbers("a", count: 2) == [1, 2])
  }

  @Test(arguments: [
    ("another version", Self.head(version: 7, count: 0) + Self.end, "no CTranslate2 model"),
    ("a name of no bytes", Self.head(count: 1) + [0, 0] + Self.end + [0, 0, 0, 0], "length of 0"),
    (
      "more variables than there is room for", Self.head(count: .max) + Self.variable("a"),
      "room for 1 at most"
    ),
    (
      "a length that is not the shape's",
      Self.head(count: 1) + Self.variable("a", [3]) + Self.end, "asks for 3"
    ),
    (
      "a shape whose product overflows",
      Self.head(count: 1) + Self.variable("a", [.max, .max, .max]) + Self.end,
      "more than any file has"
    ),
    (
      "a type that does not exist",
      Self.head(count: 1) + Self.variable("a", type: 6) + Self.end, "type 6"
    ),
    (
      "a name twice",
      Self.head(count: 2) + Self.variable("a") + Self.variable("a") + Self.end, "a second time"
    ),
    (
      "an alias of nothing",
      Self.head(count: 1) + Self.variable("a") + UInt32(1).littleEndianBytes + Self.name("b")
        + Self.name("c"), "which is no variable"
    ),
    (
      "an alias of itself",
      Self.head(count: 1) + Self.variable("a") + UInt32(1).littleEndianBytes + Self.name("b")
        + Self.name("b"), "which is no variable"
    ),
    ("bytes behind the end", Self.head(count: 0) + Self.end + [0], "behind its end"),
    ("an end too early", Self.head(count: 1) + Self.variable("a"), "needs 4 bytes"),
  ])
  func `a broken rule is named, with the place`(rule: String, bytes: [UInt8], text: String) throws {
    let error = #expect(throws: CTranslate2Error.self, "\(rule)") {
      try CTranslate2File(contents: Data(bytes), path: "x/model.bin")
    }
    let message = "\(try #require(error))"
    #expect(message.contains(text) && message.hasPrefix("x/model.bin"), "\(rule): \(message)")
  }
}
