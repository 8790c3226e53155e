// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Foundation
import Tensors
import Testing

/// What the reference reader accepts, this one accepts as well.
@Suite struct SafetensorsFileTests {
  @Test func `space around the JSON is accepted`() throws {
    let file = try SafetensorsFile(contents: safetensors(" \n{\(entry("a"))}\t \n ", data: 4))
    #expect(file.tensors.map(\.name) == ["a"])
  }

  @Test func `a header without tensors is accepted`() throws {
    #expect(try SafetensorsFile(contents: safetensors("{}")).tensors.isEmpty)
  }

  @Test func `scalars, empty tensors and odd header lengths are accepted`() throws {
    let header =
      "{\(entry("empty", "F32", "[0,4294967296,4294967296]", "[1,1]")),"
      + "\(entry("scalar", "U8", "[]", "[0,1]")),\(entry("wide", "F64", "[1]", "[1,9]"))}"
    let file = try SafetensorsFile(contents: safetensors(header, data: 9))
    let start = 8 + header.utf8.count
    #expect(file.tensors.map(\.name) == ["scalar", "empty", "wide"])
    #expect(file.tensors.map(\.shape) == [[], [0, 1 << 32, 1 << 32], [1]])
    #expect(
      file.tensors.map(\.byteRange)
        == [start..<start + 1, start + 1..<start + 1, start + 1..<start + 9])
  }

  @Test func `tensors come in the order of their bytes`() throws {
    let header = "{\(entry("a", "U8", "[4]", "[4,8]")),\(entry("b"))}"
    let file = try SafetensorsFile(contents: safetensors(header, data: 8))
    #expect(file.tensors.map(\.name) == ["b", "a"])
  }

  @Test func `unknown fields of an entry are skipped`() throws {
    let header =
      #"{"a":{"x":[{"y":-1},null,"z"],"dtype":"U8","shape":[2],"data_offsets":[0,2]}}"#
    #expect(try SafetensorsFile(contents: safetensors(header, data: 2)).tensors.count == 1)
  }

  @Test func `metadata is carried, and may be null`() throws {
    let file = try SafetensorsFile(
      contents: safetensors(#"{"__metadata__":{"format":"pt","é":"\u00e9"}}"#))
    #expect(file.metadata == ["format": "pt", "é": "é"])
    #expect(try SafetensorsFile(contents: safetensors(#"{"__metadata__":null}"#)).metadata == [:])
  }

  @Test(arguments: ElementType.allCases)
  func `every element type of the format is accepted`(type: ElementType) throws {
    let header = "{\(entry("a", type.rawValue, "[8]", "[0,\(type.bitWidth)]"))}"
    let file = try SafetensorsFile(contents: safetensors(header, data: type.bitWidth))
    #expect(file.tensors.map(\.elementType) == [type])
    #expect(file.tensors.map(\.description.scheme) == [type.rawValue.lowercased()])
  }

  @Test func `a header of a hundred thousand tensors is read`() throws {
    let count = 100_000
    let entries = (0..<count).map { index in
      entry("model.layers.\(index).weight", "U8", "[1]", "[\(index),\(index + 1)]")
    }
    let file = try SafetensorsFile(
      contents: safetensors("{\(entries.joined(separator: ","))}", data: count))
    #expect(file.tensors.count == count)
  }

  @Test func `an error is one line with file, tensor and remedy`() {
    let error = CheckpointError.hole(file: "f", tensor: "a\u{1B}[31m", expected: 0, found: 1)
    #expect(
      error.description
        == "f: tensor 'a\\u{1b}[31m': data begins at offset 1, which leaves a hole after 0;"
        + " the file breaks the safetensors format: write it again with the safetensors library")
  }
}
