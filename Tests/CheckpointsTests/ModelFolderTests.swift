// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing

@Suite struct ModelFolderTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func expectRefusal(
    _ expected: CheckpointError, of path: String? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(throws: expected, sourceLocation: sourceLocation) {
      try SafetensorsModel(path: path ?? folder.path)
    }
  }

  @Test func `what is needed to run the model travels with it`() throws {
    try folder.write(shard("a"), as: "model.safetensors")
    let assets = [
      "LICENSE", "NOTICE.txt", "USE_POLICY.md", "added_tokens.json", "chat_template.jinja",
      "chat_template.json", "config.json", "generation_config.json", "merges.txt",
      "special_tokens_map.json", "tokenizer.json", "tokenizer.model", "tokenizer_config.json",
      "vocab.json",
    ]
    for name in assets { try folder.write("<\(name)>", as: name) }
    for name in [
      "README.md", "preprocessor_config.json", "model.safetensors.bak", ".gitattributes",
    ] {
      try folder.write("x", as: name)
    }
    try FileManager.default.createDirectory(
      atPath: folder.path("LICENSES"), withIntermediateDirectories: false)
    for path in [folder.path, folder.path("model.safetensors")] {
      let model = try SafetensorsModel(path: path)
      #expect(model.assets.map(\.name) == assets)
      #expect(model.asset("tokenizer.model") == Data("<tokenizer.model>".utf8))
    }
  }

  @Test func `an asset of absurd size is refused`() throws {
    try folder.write(shard("a"), as: "model.safetensors")
    let path = try folder.write("", as: "vocab.json")
    let limit = 64 << 20
    try #require(truncate(path, off_t(limit)) == 0)
    #expect(try SafetensorsModel(path: folder.path).asset("vocab.json")?.count == limit)
    try #require(truncate(path, off_t(limit + 1)) == 0)
    expectRefusal(.assetTooLarge(file: path, byteCount: limit + 1, limit: limit))
  }

  @Test func `one file of another name is taken, two are not`() throws {
    try folder.write(shard("a"), as: "weights.safetensors")
    #expect(try SafetensorsModel(path: folder.path).tensors.map(\.name) == ["a"])
    try folder.write(shard("b"), as: "other.safetensors")
    expectRefusal(
      .severalFiles(
        directory: folder.path, files: ["other.safetensors", "weights.safetensors"]))
    #expect(
      try SafetensorsModel(path: folder.path("other.safetensors")).tensors.map(\.name) == ["b"])
  }

  @Test func `a folder with nothing but a tokenizer is no model`() throws {
    try folder.write("{}", as: "tokenizer.json")
    try folder.write("{}", as: "tokenizer_config.json")
    expectRefusal(
      .noTensors(directory: folder.path, found: ["tokenizer.json", "tokenizer_config.json"]))
    #expect(
      CheckpointError.noTensors(directory: "d", found: ["tokenizer.json"]).description
        == "d: holds neither model.safetensors nor model.safetensors.index.json"
        + " (only tokenizer.json); name a folder or file with safetensors weights")
  }

  @Test(arguments: [
    "pytorch_model.bin", "pytorch_model.bin.index.json", "model.pt", "consolidated.00.pth",
  ])
  func `a pickle checkpoint is refused with the way out`(name: String) throws {
    let path = try folder.write("x", as: name)
    try folder.write("{}", as: "config.json")
    expectRefusal(.pickle(file: path))
    expectRefusal(.pickle(file: path), of: path)
    #expect(CheckpointError.pickle(file: path).description.contains("safe_serialization=True"))
  }

  @Test func `a pickle under another name is recognized by its bytes`() throws {
    let zip = Data([0x50, 0x4B, 0x03, 0x04, 0, 0, 8, 8, 0, 0])
    expectRefusal(.pickle(file: folder.path("a")), of: try folder.write(zip, as: "a"))
    let bare = Data([0x80, 0x02, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46])
    expectRefusal(
      .pickle(file: folder.path("b.safetensors")), of: try folder.write(bare, as: "b.safetensors"))
    // 0x0280 bytes of header: the same first bytes as a pickle.
    let header = "{}" + String(repeating: " ", count: 0x280 - 2)
    #expect(
      try SafetensorsModel(path: folder.write(safetensors(header), as: "c")).tensors.isEmpty)
  }

  @Test func `a safetensors file is preferred to a pickle beside it`() throws {
    try folder.write("x", as: "pytorch_model.bin")
    try folder.write(shard("a"), as: "model.safetensors")
    #expect(try SafetensorsModel(path: folder.path).tensors.count == 1)
  }

  @Test func `a path that leads nowhere is named`() {
    let path = folder.path("missing")
    expectRefusal(.file(.notFound(path: path)), of: path)
    #expect(CheckpointError.file(.notFound(path: "p")).description.hasPrefix("p: no such file"))
  }

  @Test func `tensors are read inside their bounds and by their names only`() throws {
    let header = "{\(entry("a")),\(entry("c", "C64", "[1]", "[4,12]"))}"
    let path = try folder.write(safetensors(header, data: 12), as: "model.safetensors")
    let model = try SafetensorsModel(path: folder.path)
    #expect(try model.floats("a", 0..<4) == [0, 1, 2, 3])
    #expect(try model.floats("a", 4..<4) == [])
    #expect(try model.withStoredBytes(of: "c") { Data($0) } == Data(4..<12))
    #expect(
      throws: CheckpointError.elementsOutsideTensor(
        file: path, tensor: "a", elements: 2..<5, count: 4)
    ) { try model.floats("a", 2..<5) }
    #expect(throws: CheckpointError.unknownTensor(file: folder.path, tensor: "b")) {
      try model.floats("b", 0..<1)
    }
    #expect(throws: CheckpointError.unknownTensor(file: folder.path, tensor: "b")) {
      try model.withStoredBytes(of: "b") { $0.count }
    }
    #expect(throws: CheckpointError.notNumeric(file: path, tensor: "c", elementType: .c64)) {
      try model.floats("c", 0..<1)
    }
  }
}
