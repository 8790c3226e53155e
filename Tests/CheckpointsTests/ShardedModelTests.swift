// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing

@Suite struct ShardedModelTests {
  private let folder: TemporaryFolder
  private let index: String

  init() throws {
    folder = try TemporaryFolder()
    index = folder.path("model.safetensors.index.json")
    try folder.write(shard("c", "a"), as: "s-1.safetensors")
    try folder.write(shard("b"), as: "s-2.safetensors")
  }

  private func writeIndex(_ map: String) throws {
    try folder.write(
      "{\"metadata\":{\"total_size\":12.0},\"weight_map\":{\(map)}}",
      as: "model.safetensors.index.json")
  }

  private let valid =
    #""a":"s-1.safetensors","b":"s-2.safetensors","c":"s-1.safetensors""#

  private func expectRefusal(
    _ expected: CheckpointError, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(throws: expected, sourceLocation: sourceLocation) {
      try SafetensorsModel(path: folder.path)
    }
  }

  @Test func `shards are read as one model, by shard and then by bytes`() throws {
    try writeIndex(valid)
    for path in [folder.path, index] {
      let model = try SafetensorsModel(path: path)
      #expect(model.tensors.map(\.name) == ["c", "a", "b"])
      #expect(model.files.map(\.file.name) == ["s-1.safetensors", "s-2.safetensors"])
      #expect(model.byteCount == shard("c", "a").count + shard("b").count)
      #expect(try model.floats("a", 1..<3) == [5, 6])
      let (file, range) = try model.location(of: "b")
      #expect(file.path == folder.path("s-2.safetensors"))
      #expect(range == file.byteCount - 4..<file.byteCount)
      #expect(model.description(of: "d") == nil)
    }
  }

  @Test(arguments: [
    "../s-1.safetensors", "/etc/passwd", "sub/s-1.safetensors", "..", ".", "",
    #"..\\s-1.safetensors"#, "C:s-1.safetensors", #"s\u0000"#,
  ])
  func `a shard name that leads out of the folder is refused`(name: String) throws {
    try writeIndex(#""a":"\#(name)""#)
    let plain = name.replacing(#"\\"#, with: #"\"#).replacing(#"\u0000"#, with: "\0")
    expectRefusal(.untrustedShardName(file: index, tensor: "a", shard: plain))
  }

  @Test func `a shard that does not exist is named with a tensor of it`() throws {
    try writeIndex(valid + #","e":"s-3.safetensors","d":"s-3.safetensors""#)
    expectRefusal(.missingShard(file: index, tensor: "d", shard: "s-3.safetensors"))
  }

  @Test func `a tensor that is not in its shard is refused`() throws {
    try writeIndex(valid + #","d":"s-2.safetensors""#)
    expectRefusal(.tensorNotInShard(file: index, tensor: "d", shard: "s-2.safetensors"))
    try writeIndex(#""a":"s-2.safetensors","b":"s-2.safetensors","c":"s-1.safetensors""#)
    expectRefusal(.tensorNotInShard(file: index, tensor: "a", shard: "s-2.safetensors"))
  }

  @Test func `a tensor that the index does not list is refused`() throws {
    try writeIndex(#""a":"s-1.safetensors","b":"s-2.safetensors""#)
    expectRefusal(.tensorNotInIndex(file: index, tensor: "c", shard: "s-1.safetensors"))
  }

  @Test func `a tensor in two shards is refused`() throws {
    try folder.write(shard("b", "a"), as: "s-2.safetensors")
    try writeIndex(valid)
    expectRefusal(
      .duplicateTensor(
        tensor: "a", file: folder.path("s-2.safetensors"), otherFile: "s-1.safetensors"))
  }

  @Test func `names that Unicode holds equivalent are one tensor too many`() throws {
    try folder.write(shard("\u{E9}", "e\u{301}"), as: "model.safetensors")
    let path = folder.path("model.safetensors")
    #expect(
      throws: CheckpointError.duplicateTensor(
        tensor: "e\u{301}", file: path, otherFile: "model.safetensors")
    ) { try SafetensorsModel(path: path) }
  }

  @Test func `a damaged shard is refused by its own name`() throws {
    try writeIndex(valid)
    try folder.write(Data(shard("b").dropLast()), as: "s-2.safetensors")
    let byteCount = shard("b").count
    expectRefusal(
      .dataTruncated(
        file: folder.path("s-2.safetensors"), tensor: "b", expectedByteCount: byteCount,
        found: byteCount - 1))
  }

  @Test func `an index that is malformed or maps nothing is refused`() throws {
    try writeIndex(#""a":"s-1.safetensors","a":"s-1.safetensors""#)
    expectRefusal(.malformed(file: index, tensor: "a", .duplicateKey(key: "a", offset: 68)))
    try writeIndex(#""a":7"#)
    expectRefusal(
      .malformed(
        file: index, tensor: "a", .unexpectedByte(found: 0x37, expected: .string, offset: 50)))
    try writeIndex("")
    expectRefusal(.missingWeightMap(file: index))
    try folder.write("{}", as: "model.safetensors.index.json")
    expectRefusal(.missingWeightMap(file: index))
  }
}
