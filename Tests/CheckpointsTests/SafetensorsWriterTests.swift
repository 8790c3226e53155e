// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing

@Suite struct SafetensorsWriterTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func `the trained example written anew is the same file`() throws {
    let model = try SafetensorsModel(path: Fixtures.trainedModel.path)
    let path = folder.path("model.safetensors")
    let writer = try SafetensorsWriter(
      path: path, tensors: model.tensors.reversed().map(\.declaration), overwrite: false)
    for tensor in writer.layout.tensors {
      try model.withStoredBytes(of: tensor.name) { bytes in
        _ = try writer.append(bytes, to: tensor.name)
      }
    }
    try writer.commit()
    let original = try Data(
      contentsOf: Fixtures.trainedModel.appending(path: "model.safetensors"))
    #expect(try folder.contents(of: "model.safetensors") == original)
  }

  @Test func `wide types come first, then names by their bytes, on 8-byte boundaries`() throws {
    let layout = try SafetensorsLayout(
      of: [
        TensorDeclaration(name: "b", elementType: .bf16, shape: [3]),
        TensorDeclaration(name: "é\"", elementType: .f32, shape: []),
        TensorDeclaration(name: "a", elementType: .bf16, shape: [0, 2]),
        TensorDeclaration(name: "Z", elementType: .bool, shape: [1]),
        TensorDeclaration(name: "z", elementType: .f16, shape: [1]),
      ], metadata: [:], file: "f")
    #expect(
      String(decoding: layout.header.dropFirst(8), as: UTF8.self).trimmingCharacters(
        in: .whitespaces)
        == #"{"é\"":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"#
        + #""a":{"dtype":"BF16","shape":[0,2],"data_offsets":[4,4]},"#
        + #""b":{"dtype":"BF16","shape":[3],"data_offsets":[4,10]},"#
        + #""z":{"dtype":"F16","shape":[1],"data_offsets":[10,12]},"#
        + #""Z":{"dtype":"BOOL","shape":[1],"data_offsets":[12,13]}}"#)
    #expect(layout.header.count.isMultiple(of: 8))
    #expect(layout.byteCount == layout.header.count + 13)
  }

  @Test func `slabs of different tensors may come in any order and from many threads`() async throws
  {
    let names = (0..<16).map { "t\($0)" }
    let path = folder.path("a.safetensors")
    let writer = try SafetensorsWriter(
      path: path, tensors: names.map { .init(name: $0, elementType: .u8, shape: [300]) },
      metadata: ["k": "v\n"], overwrite: false)
    let completions = try await withThrowingTaskGroup { group in
      for (value, name) in names.enumerated() {
        group.addTask {
          var completions = 0
          for _ in 0..<100 {
            let slab = [UInt8](repeating: UInt8(value), count: 3)
            if try slab.withUnsafeBytes({ try writer.append($0, to: name) }) { completions += 1 }
          }
          return completions
        }
      }
      return try await group.reduce(0, +)
    }
    #expect(completions == 1)
    try writer.commit()
    let model = try SafetensorsModel(path: path)
    for (value, name) in names.enumerated() {
      #expect(try model.floats(name, 0..<300) == [Float](repeating: Float(value), count: 300))
    }
    #expect(model.files.first?.metadata == ["k": "v\n"])
  }

  @Test func `too few or too many bytes leave no file`() throws {
    let path = folder.path("a.safetensors")
    do {
      let writer = try SafetensorsWriter(
        path: path, tensors: [.init(name: "a", elementType: .f32, shape: [2])], overwrite: false)
      try writer.append([UInt8](repeating: 0, count: 5), to: "a")
      #expect(
        throws: CheckpointError.tooManyBytes(file: path, tensor: "a", declared: 8)
      ) { try writer.append([UInt8](repeating: 0, count: 4), to: "a") }
      #expect(throws: CheckpointError.unknownTensor(file: path, tensor: "b")) {
        try writer.append([1], to: "b")
      }
      #expect(
        throws: CheckpointError.tooFewBytes(file: path, tensor: "a", declared: 8, written: 5)
      ) { try writer.commit() }
    }
    #expect(try folder.names() == [])
  }

  @Test func `an existing file stays unless it may be replaced`() throws {
    let path = try folder.write("precious", as: "a.safetensors")
    #expect(throws: CheckpointError.file(.alreadyExists(path: path))) {
      try SafetensorsWriter(path: path, tensors: [], overwrite: false)
    }
    try SafetensorsWriter(path: path, tensors: [], overwrite: true).commit()
    #expect(try SafetensorsFile(path: path).metadata == ["format": "pt"])
  }

  @Test(arguments: [
    (
      [TensorDeclaration(name: "", elementType: .u8, shape: [])],
      CheckpointError.reservedName(file: "f", tensor: "")
    ),
    (
      [.init(name: "__metadata__", elementType: .u8, shape: [])],
      .reservedName(file: "f", tensor: "__metadata__")
    ),
    (
      [.init(name: "a\n", elementType: .u8, shape: [])],
      .controlCharacterInName(file: "f", tensor: "a\n")
    ),
    (
      [.init(name: "a", elementType: .f4, shape: [3])],
      .partialByte(file: "f", tensor: "a", shape: [3], elementType: .f4)
    ),
    (
      [.init(name: "a", elementType: .u8, shape: [-1])],
      .shapeOverflow(file: "f", tensor: "a", shape: [-1])
    ),
    (
      [.init(name: "a", elementType: .u8, shape: Array(repeating: 1, count: 9))],
      .tooManyDimensions(file: "f", tensor: "a", limit: 8)
    ),
    (
      Array(repeating: .init(name: "a", elementType: .u8, shape: []), count: 2),
      .duplicateTensor(tensor: "a", file: "f", otherFile: "f")
    ),
  ])
  func `what the reader would refuse is not written`(
    tensors: [TensorDeclaration], expected: CheckpointError
  ) {
    #expect(throws: expected) {
      try SafetensorsLayout(of: tensors, metadata: [:], file: "f")
    }
  }
}

extension TensorDescription {
  /// The tensor as a writer takes it.
  var declaration: TensorDeclaration {
    TensorDeclaration(name: name, elementType: elementType, shape: shape)
  }
}

extension SafetensorsWriter {
  func append(_ bytes: [UInt8], to name: String) throws {
    _ = try bytes.withUnsafeBytes { try append($0, to: name) }
  }
}
