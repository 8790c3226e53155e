// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors
import TestSupport
import Testing

@testable import Runtimes

@Suite struct GGUFHeaderTests {
  @Test func `a header's bytes are the format's, field by field`() throws {
    let type = try #require(GGUFType.named("q8_0"))
    let header = GGUFHeader(
      fields: [
        GGUFField("general.architecture", .text("none")), GGUFField("n", .u32(7)),
        GGUFField("f", .f32(0.5)), GGUFField("t", .flag(true)), GGUFField("s", .u16(3)),
        GGUFField("i", .i32(-2)),
      ],
      tensors: [
        .init(name: "a", shape: [2, 32], type: type),
        .init(name: "b", shape: [3], type: .plain(.f32)),
      ])
    let expected = GGUFBytes(
      entries: [
        GGUFBytes.entry("general.architecture", text: "none"), GGUFBytes.entry("n", u32: 7),
        GGUFBytes.entry("f", 6, Float(0.5).bitPattern.bytes), GGUFBytes.entry("t", 7, Data([1])),
        GGUFBytes.entry("s", 2, UInt16(3).bytes), GGUFBytes.entry("i", 5, Int32(-2).bytes),
      ],
      tensors: [
        GGUFBytes.tensor("a", [32, 2], type: 8),
        GGUFBytes.tensor("b", [3], type: 0, offset: 96),
      ])
    let bytes = expected.contents
    let start = (bytes.count + 31) / 32 * 32
    #expect(header.bytes == Array(bytes) + Array(repeating: 0, count: start - bytes.count))
    #expect(header.ranges == [start..<start + 68, start + 96..<start + 108])
    #expect(header.byteCount == start + 128)
  }

  @Test func `arrays of every kind are read as they were written`() throws {
    let header = GGUFHeader(
      fields: [
        GGUFField("texts", .texts(["", "ä", "a b"])), GGUFField("numbers", .integers([-1, 5])),
        GGUFField("floats", .floats([0.25, -3])), GGUFField("flags", .flags([true, false])),
      ], tensors: [])
    let metadata = try GGUFFile(contents: Data(header.bytes)).metadata
    #expect(try metadata.texts("texts") == ["", "ä", "a b"])
    #expect(try metadata.integers("numbers") == [-1, 5])
    #expect(try metadata.floats("floats") == [0.25, -3])
    #expect(try metadata.integers("flags") == [1, 0])
  }

  @Test func `files are cut where the next tensor would exceed the size`() {
    #expect(GGUFShardPlan.groups(of: [3, 3, 3], limit: nil) == [0..<3])
    #expect(GGUFShardPlan.groups(of: [3, 3, 3], limit: 6) == [0..<2, 2..<3])
    #expect(GGUFShardPlan.groups(of: [9, 1, 9], limit: 5) == [0..<1, 1..<2, 2..<3])
    #expect(GGUFShardPlan.path(of: 0, in: 1, output: "m.gguf") == "m.gguf")
    #expect(GGUFShardPlan.path(of: 1, in: 12, output: "m.gguf") == "m-00002-of-00012.gguf")
    #expect(GGUFShardPlan.path(of: 0, in: 2, output: "m") == "m-00001-of-00002.gguf")
  }

  @Test(arguments: [
    ("Llama-3.2-1b-instruct", "Llama 3.2 1b Instruct"), ("phi3", "Phi 3"),
    ("my-Phi3-mini", "My Phi 3 Mini"), ("Phi-3-mini", "Phi 3 Mini"),
  ])
  func `a model's title has its words apart, and phi3 is two`(name: String, title: String) {
    #expect(GGUFGeneralFields.title(of: name) == title)
  }
}
