// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing

@Suite struct SafetensorsDirectoryWriterTests {
  private let folder: TemporaryFolder
  private let tensors = [("c", 4), ("a", 4), ("b", 10), ("e", 0), ("d", 4)].map { name, count in
    TensorDeclaration(name: name, elementType: .u8, shape: [count])
  }
  private let assets = [
    Asset(name: "config.json", contents: Data("{}".utf8)),
    Asset(name: "tokenizer.json", contents: Data("[]".utf8)),
  ]

  init() throws { folder = try TemporaryFolder() }

  private func fill(_ writer: SafetensorsDirectoryWriter) throws {
    for (value, tensor) in tensors.enumerated() {
      let bytes = [UInt8](repeating: UInt8(value), count: tensor.shape[0])
      try bytes.withUnsafeBytes { try writer.append($0, to: tensor.name) }
    }
  }

  private func expectContents(of model: SafetensorsModel) throws {
    for (value, tensor) in tensors.enumerated() {
      let count = tensor.shape[0]
      #expect(
        try model.floats(tensor.name, 0..<count)
          == [Float](repeating: Float(value), count: count))
    }
    #expect(model.assets == assets)
  }

  @Test func `a small model is one file with its assets`() throws {
    let path = folder.path("model")
    let writer = try SafetensorsDirectoryWriter(
      path: path, tensors: tensors, assets: assets, overwrite: false)
    try fill(writer)
    #expect(!FileManager.default.fileExists(atPath: path))
    try writer.commit()
    #expect(try folder.names() == ["model"])
    #expect(
      try folder.names(in: "model") == ["config.json", "model.safetensors", "tokenizer.json"])
    try expectContents(of: SafetensorsModel(path: path))
  }

  @Test func `a large model is split in order and indexed`() throws {
    let path = folder.path("model")
    let writer = try SafetensorsDirectoryWriter(
      path: path, tensors: tensors, assets: assets, shardByteLimit: 8, overwrite: false)
    #expect(writer.plan.shards.map { $0.tensors.map(\.name) } == [["c", "a"], ["b"], ["e", "d"]])
    try fill(writer)
    try writer.commit()
    #expect(
      try folder.names(in: "model") == [
        "config.json", "model-00001-of-00003.safetensors", "model-00002-of-00003.safetensors",
        "model-00003-of-00003.safetensors", "model.safetensors.index.json", "tokenizer.json",
      ])
    #expect(
      try String(decoding: folder.contents(of: "model/model.safetensors.index.json"), as: UTF8.self)
        == """
        {
          "metadata": {
            "total_parameters": 22,
            "total_size": 22
          },
          "weight_map": {
            "a": "model-00001-of-00003.safetensors",
            "b": "model-00002-of-00003.safetensors",
            "c": "model-00001-of-00003.safetensors",
            "d": "model-00003-of-00003.safetensors",
            "e": "model-00003-of-00003.safetensors"
          }
        }

        """)
    try expectContents(of: SafetensorsModel(path: path))
  }

  @Test func `a model without tensors and one with empty tensors only are complete at once`() throws
  {
    for (name, tensors) in [("none", []), ("empty", [tensors[3]])] {
      let path = folder.path(name)
      try SafetensorsDirectoryWriter(path: path, tensors: tensors, assets: [], overwrite: false)
        .commit()
      #expect(try SafetensorsModel(path: path).tensors.map(\.name) == tensors.map(\.name))
    }
  }

  @Test func `an unfinished model leaves nothing and says what is missing`() throws {
    let path = folder.path("model")
    do {
      let writer = try SafetensorsDirectoryWriter(
        path: path, tensors: tensors, assets: assets, shardByteLimit: 8, overwrite: false)
      for name in ["c", "a"] {
        try [1, 2, 3, 4].withUnsafeBytes {
          try writer.append(UnsafeRawBufferPointer(rebasing: $0[..<4]), to: name)
        }
      }
      #expect(
        throws: CheckpointError.tooManyBytes(
          file: path + "/model-00001-of-00003.safetensors", tensor: "a", declared: 4)
      ) { try [UInt8(1)].withUnsafeBytes { try writer.append($0, to: "a") } }
      let error = #expect(throws: CheckpointError.self) { try writer.commit() }
      guard case .tooFewBytes(_, "b", 10, 0) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
    }
    #expect(try folder.names() == [])
  }

  @Test func `an existing model is replaced as a whole, on request`() throws {
    let path = folder.path("model")
    for limit in [8, 1000] {
      let writer = try SafetensorsDirectoryWriter(
        path: path, tensors: tensors, assets: assets, shardByteLimit: limit, overwrite: limit > 8)
      try fill(writer)
      try writer.commit()
    }
    #expect(
      try folder.names(in: "model") == ["config.json", "model.safetensors", "tokenizer.json"])
    #expect(throws: CheckpointError.file(.alreadyExists(path: path))) {
      try SafetensorsDirectoryWriter(path: path, tensors: [], assets: [], overwrite: false)
    }
  }

  @Test(arguments: ["../config.json", "", "model.safetensors", "config.json"])
  func `an asset that can't have its name is refused`(name: String) throws {
    let path = folder.path("model")
    #expect(throws: CheckpointError.unusableAssetName(directory: path, name: name)) {
      try SafetensorsDirectoryWriter(
        path: path, tensors: tensors, assets: assets + [Asset(name: name, contents: Data())],
        overwrite: false)
    }
    #expect(try folder.names() == [])
  }
}
