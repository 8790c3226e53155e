// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors
import TestSupport
import Testing

@testable import Runtimes

@Suite struct GGUFShardTests {
  /// File `number` of `count`, from 0, with one tensor of a number.
  private func shard(_ number: Int, of count: Int, tensor: String, total: Int? = nil) -> Data {
    var file = GGUFBytes()
    if number == 0 {
      file.entries.append(GGUFBytes.entry("general.architecture", text: "none"))
    }
    file.entries += [
      GGUFBytes.entry("split.no", 2, UInt16(number).bytes),
      GGUFBytes.entry("split.count", 2, UInt16(count).bytes),
      GGUFBytes.entry("split.tensors.count", 5, Int32(total ?? count).bytes),
    ]
    file.tensors = [GGUFBytes.tensor(tensor, [1], type: 0)]
    file.data = Float(number).bitPattern.bytes
    return file.contents
  }

  private func folder(_ shards: [Data]) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for (index, shard) in shards.enumerated() {
      try folder.write(shard, as: "m-0000\(index + 1)-of-0000\(shards.count).gguf")
    }
    return folder
  }

  @Test(arguments: [1, 2]) func `any file of a model opens all of them, in order`(named: Int) throws
  {
    let folder = try folder([shard(0, of: 2, tensor: "b"), shard(1, of: 2, tensor: "a")])
    let model = try GGUFModel(path: folder.path("m-0000\(named)-of-00002.gguf"))
    #expect(model.tensors.map(\.name) == ["b", "a"])
    #expect(model.architecture == "none")
    var number: [Float] = [0]
    try number.withUnsafeMutableBufferPointer { try model.read("a", elements: 0..<1, into: $0) }
    #expect(number == [1])
  }

  @Test func `a file that is missing, misnamed or of another model`() throws {
    let folder = try folder([shard(0, of: 2, tensor: "a"), shard(1, of: 2, tensor: "a")])
    let first = folder.path("m-00001-of-00002.gguf")
    let second = folder.path("m-00002-of-00002.gguf")
    #expect(
      throws: GGUFError.tensorInTwoFiles(
        file: second, tensor: "a", other: "m-00001-of-00002.gguf")
    ) { try GGUFModel(path: first) }
    try folder.write(shard(1, of: 3, tensor: "b"), as: "m-00002-of-00002.gguf")
    #expect(
      throws: GGUFError.inconsistentShards(
        file: second, key: "split.count", expected: 2, found: 3)
    ) { try GGUFModel(path: first) }
    try folder.write(shard(1, of: 2, tensor: "b"), as: "m-00002-of-00002.gguf")
    try folder.write(shard(0, of: 2, tensor: "a", total: 5), as: "m-00001-of-00002.gguf")
    #expect(
      throws: GGUFError.inconsistentShards(
        file: first, key: "split.tensors.count", expected: 2, found: 5)
    ) { try GGUFModel(path: first) }
    try FileManager.default.removeItem(atPath: second)
    #expect(throws: GGUFError.missingShard(file: first, shard: "m-00002-of-00002.gguf")) {
      try GGUFModel(path: first)
    }
    let other = try folder.write(shard(0, of: 2, tensor: "a"), as: "other.gguf")
    #expect(throws: GGUFError.shardName(file: other, number: 1, count: 2)) {
      try GGUFModel(path: other)
    }
  }
}
