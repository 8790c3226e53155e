// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import ModelTestSupport
import Runtimes
import Tensors
import TestSupport
import Testing

/// Tensors put together from others read as the checkpoint's numbers in the order that is asked for.
@Suite struct ArrangedSourceTests {
  private let folder: TemporaryFolder
  private let source: SafetensorsModel

  private static let tensors = [
    TestTensor("q", .bf16, [8, 6], (0..<48).map { Float($0) }),
    TestTensor("k", .bf16, [4, 6], (0..<24).map { Float(100 + $0) }),
    TestTensor("bias", .bf16, [8], (0..<8).map { Float($0) }),
    TestTensor("conv", .bf16, [6, 8], (0..<48).map { Float($0) }),
    TestTensor("experts", .f32, [2, 6, 4], (0..<48).map { Float($0) }),
    TestTensor("norm", .bf16, [4], [0, 0.5, -1, 2]),
  ]

  init() throws {
    folder = try TemporaryFolder()
    let path = folder.path("model.safetensors")
    try Self.tensors.write(to: path)
    source = try SafetensorsModel(path: path)
  }

  private struct Case: Sendable {
    var arrangement: Arrangement
    var type: ElementType
    var expected: [Float]
  }

  private static let cases = [
    Case(
      arrangement: Arrangement("renamed", shape: [8, 6], pieces: [.init("q")]), type: .bf16,
      expected: (0..<48).map { Float($0) }),
    Case(
      arrangement: Arrangement("fused", shape: [12, 6], pieces: [.init("q"), .init("k")]),
      type: .bf16, expected: (0..<48).map { Float($0) } + (0..<24).map { Float(100 + $0) }),
    Case(
      arrangement: Arrangement("part", shape: [2, 6], pieces: [.init("q", rows: 3..<5)]),
      type: .bf16, expected: (18..<30).map { Float($0) }),
    Case(
      arrangement: Arrangement(
        "rotary", shape: [8], pieces: [.init("bias", order: .rotary(headSize: 4))]),
      type: .bf16, expected: [0, 2, 1, 3, 4, 6, 5, 7]),
    Case(
      arrangement: Arrangement(
        "gathered", shape: [8],
        pieces: [.init("bias", order: .gathered(groups: 2, queriesPerGroup: 2, headSize: 1))]),
      type: .bf16, expected: [0, 1, 4, 5, 2, 6, 3, 7]),
    Case(
      arrangement: Arrangement(
        "linear", shape: [8, 6], pieces: [.init("conv", isTransposed: true)]),
      type: .bf16, expected: (0..<8).flatMap { row in (0..<6).map { Float($0 * 8 + row) } }),
    Case(
      arrangement: Arrangement(
        "gate", shape: [2, 6], pieces: [.init("experts", matrix: 1, isTransposed: true, step: 2)]),
      type: .f32, expected: [0, 2].flatMap { row in (0..<6).map { Float(24 + $0 * 4 + row) } }),
    Case(
      arrangement: Arrangement(
        "odd", shape: [2, 6],
        pieces: [.init("experts", matrix: 1, isTransposed: true, rows: 1..<4, step: 2)]),
      type: .f32, expected: [1, 3].flatMap { row in (0..<6).map { Float(24 + $0 * 4 + row) } }),
    Case(
      arrangement: Arrangement(
        "columns", shape: [8, 2], pieces: [.init("q", columns: 3..<5)]),
      type: .bf16, expected: (0..<8).flatMap { row in [3, 4].map { Float(row * 6 + $0) } }),
    Case(
      arrangement: Arrangement(
        "transposed columns", shape: [6, 3],
        pieces: [.init("q", isTransposed: true, columns: 2..<5)]),
      type: .bf16, expected: (0..<6).flatMap { row in (2..<5).map { Float($0 * 6 + row) } }),
    Case(
      arrangement: Arrangement(
        "one bias of a stack", shape: [3], pieces: [.init("k", matrix: 2, rows: 1..<6, step: 2)]),
      type: .bf16, expected: [113, 115, 117]),
    Case(
      arrangement: Arrangement(
        "stack", shape: [2, 8], pieces: [.init("bias"), .init("bias")]),
      type: .bf16, expected: (0..<16).map { Float($0 % 8) }),
    Case(
      arrangement: Arrangement("plus", shape: [4], pieces: [.init("norm")], addend: 1),
      type: .f32, expected: [1, 1.5, 0, 3]),
    Case(
      arrangement: Arrangement(
        "mixed", shape: [72], pieces: [.init("experts"), .init("k", order: .rotary(headSize: 2))]),
      type: .f32, expected: (0..<48).map { Float($0) } + (0..<24).map { Float(100 + $0) }),
  ]

  @Test(arguments: cases.indices)
  func `every range of an arranged tensor reads in order, as numbers and as bytes`(
    index: Int
  ) throws {
    let expected = Self.cases[index]
    let arranged = try ArrangedSource(source, [expected.arrangement])
    let tensor = try #require(arranged.description(of: expected.arrangement.name))
    #expect(tensor.elementType == expected.type && tensor.scheme == expected.type.schemeName)
    #expect(tensor.shape == expected.arrangement.shape)
    let width = expected.type.bitWidth / 8
    let bytes = TestTensor.bytes(of: expected.expected, as: expected.type)
    let count = expected.expected.count
    for start in 0..<count {
      for end in start..<count {
        var numbers = [Float](repeating: .nan, count: end - start)
        try numbers.withUnsafeMutableBufferPointer {
          try arranged.read(tensor.name, elements: start..<end, into: $0)
        }
        #expect(numbers == Array(expected.expected[start..<end]))
        let range = start * width..<end * width
        let stored = try arranged.withStoredBytes(of: tensor.name, in: range) { Array($0) }
        #expect(stored == Array(bytes[range]))
        arranged.release(tensor.name, in: range)
      }
    }
    #expect(try arranged.withStoredBytes(of: tensor.name) { Array($0) } == bytes)
  }

  @Test(arguments: [
    Arrangement("absent", shape: [1], pieces: [.init("v")]),
    Arrangement("too many rows", shape: [10, 6], pieces: [.init("q", rows: 0..<10)]),
    Arrangement("too few weights", shape: [9, 6], pieces: [.init("q")]),
    Arrangement("overflow", shape: [1 << 40, 1 << 40, 0], pieces: [.init("q", rows: 0..<0)]),
    Arrangement("no stack", shape: [8], pieces: [.init("bias", matrix: 0)]),
    Arrangement("no such matrix", shape: [6, 4], pieces: [.init("experts", matrix: 2)]),
    Arrangement("no matrix", shape: [8], pieces: [.init("bias", isTransposed: true)]),
    Arrangement(
      "no whole heads", shape: [8, 6], pieces: [.init("q", order: .rotary(headSize: 3))]),
    Arrangement("no pieces", shape: [0], pieces: []),
  ])
  func `what the model does not have is refused by name`(arrangement: Arrangement) {
    #expect {
      try ArrangedSource(source, [arrangement])
    } throws: { error in
      guard case .arrangement(arrangement.name, _) = error as? RuntimeError else { return false }
      return true
    }
  }
}
