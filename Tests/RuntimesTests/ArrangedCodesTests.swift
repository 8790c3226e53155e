// SPDX-License-Identifier: Apache-2.0

import Conversion
import Quantization
import Runtimes
import Tensors
import Testing

/// Rows of encoded tensors keep their codes when they are put together.
@Suite struct ArrangedCodesTests {
  private static let q = "model.layers.0.self_attn.q_proj.weight"
  private static let k = "model.layers.0.self_attn.k_proj.weight"

  private func open(_ folder: String) throws -> any EncodedSource {
    try #require(
      openModel(at: BitsandbytesFixture.path(folder)) as? any EncodedSource)
  }

  @Test(arguments: ["nf4", "fp4", "int8"])
  func `fused rows have the codes and scales of both`(folder: String) throws {
    let source = try open(folder)
    let q = try #require(source.description(of: Self.q))
    let k = try #require(source.description(of: Self.k))
    let shape = [q.shape[0] + k.shape[0], q.shape[1]]
    let arranged = try ArrangedSource(
      source, [Arrangement("qk", shape: shape, pieces: [.init(Self.q), .init(Self.k)])])
    let joined = try #require(try arranged.stored("qk"))
    let first = try #require(try source.stored(Self.q))
    let second = try #require(try source.stored(Self.k))
    #expect(joined.encoding == first.encoding)
    #expect(arranged.description(of: "qk")?.scheme == q.scheme)
    let own = first.encoding.ownComponents
    for (position, component) in joined.components.enumerated() where own.contains(position) {
      let expected = try first.bytes(of: position) + second.bytes(of: position)
      #expect(try joined.bytes(of: position) == expected, "\(component.role)")
      let middle = expected.count / 3..<expected.count - 5
      #expect(
        try joined.withBytes(of: position, in: middle) { Array($0) } == Array(expected[middle]))
    }
    #expect(try arranged.weights("qk") == source.weights(Self.q) + source.weights(Self.k))
    _ = try joined.layout(of: #require(arranged.description(of: "qk")))
  }

  @Test func `rows in another order take their scales with them`() throws {
    let source = try open("int8")
    let q = try #require(source.description(of: Self.q))
    let order = RowOrder.rotary(headSize: 8)
    let arranged = try ArrangedSource(
      source, [Arrangement(Self.q, shape: q.shape, pieces: [.init(Self.q, order: order)])])
    let joined = try #require(try arranged.stored(Self.q))
    let stored = try #require(try source.stored(Self.q))
    for position in stored.encoding.ownComponents {
      let bytes = try stored.bytes(of: position)
      let width = bytes.count / q.shape[0]
      let expected = (0..<q.shape[0]).flatMap { row in
        bytes[order.original(row) * width..<(order.original(row) + 1) * width]
      }
      #expect(try joined.bytes(of: position) == expected)
    }
  }

  @Test func `where codes can't be kept, weights are, and only they`() throws {
    let source = try open("nf4-dq")
    let q = try #require(source.description(of: Self.q))
    let k = try #require(source.description(of: Self.k))
    // Each tensor's scales have an offset of their own.
    let fused = Arrangement(
      "qk", shape: [q.shape[0] + k.shape[0], q.shape[1]], pieces: [.init(Self.q), .init(Self.k)])
    let transposed = Arrangement(
      "t", shape: q.shape.reversed(), pieces: [.init(Self.q, isTransposed: true)])
    let arranged = try ArrangedSource(source, [fused, transposed])
    for name in ["qk", "t"] {
      #expect(try arranged.stored(name) == nil)
      #expect(arranged.description(of: name)?.scheme == q.elementType.schemeName)
    }
    #expect(arranged.restored.map(\.name) == [Self.q, Self.k, Self.q])
    let weights = try source.weights(Self.q)
    #expect(
      try arranged.weights("t")
        == (0..<q.shape[1]).flatMap { column in
          (0..<q.shape[0]).map { weights[$0 * q.shape[1] + column] }
        })
  }

  @Test func `a model restored counts by its weights`() throws {
    let source = try open("nf4")
    let restored = try ArrangedSource(restoring: source)
    #expect(restored.tensors.map(\.name) == source.tensors.map(\.name))
    #expect(restored.tensors.allSatisfy { $0.scheme == $0.elementType.schemeName })
    #expect(try restored.stored(Self.q) == nil)
    #expect(try restored.weights(Self.q) == source.weights(Self.q))
  }
}
