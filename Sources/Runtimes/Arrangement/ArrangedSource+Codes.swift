// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors

/// Tensors that follow each other and are encoded alike: their codes are the codes of the whole.
enum StackedCodes {
  /// The whole, or nil where a component is not simply the pieces' one after the other: a number for the
  /// whole tensor, blocks that do not divide a piece, or other codebooks.
  ///
  /// - Throws: the source's error.
  static func tensor(
    of pieces: [TensorDescription], in source: any EncodedSource
  ) throws -> StoredTensor? {
    var parts: [StoredTensor] = []
    for piece in pieces {
      guard let stored = try source.stored(piece.name) else { return nil }
      parts.append(stored)
    }
    guard let first = parts.first, let own = stackedComponents(of: first, count: pieces[0].elementCount)
    else { return nil }
    for (part, piece) in zip(parts, pieces) {
      guard part.encoding == first.encoding, piece.scheme == pieces[0].scheme,
        piece.elementType == pieces[0].elementType, piece.elementCount == pieces[0].elementCount,
        zip(part.components, first.components).allSatisfy({
          $0.elementType == $1.elementType && $0.byteCount == $1.byteCount
        })
      else { return nil }
      for position in first.components.indices where !own.contains(position) {
        guard try part.bytes(of: position) == first.bytes(of: position) else { return nil }
      }
    }
    let store = Store(parts: parts, stacked: own)
    return StoredTensor(
      encoding: first.encoding, component: store.component(_:), makeStore: { store })
  }

  /// The components of which the whole has all pieces', by position.
  private static func stackedComponents(of part: StoredTensor, count: Int) -> Set<Int>? {
    let encoding = part.encoding
    var stacked: Set<Int> = [encoding.component]
    guard count * (encoding.bits ?? 8) % 8 == 0 else { return nil }
    for step in encoding.steps ?? [] {
      guard let block = step.block else { continue }
      guard step.operation != .lookup, count % block == 0, step.operand.isPlain || isPacked(step),
        count / block * (step.operand.bits ?? 8) % 8 == 0
      else { return nil }
      stacked.insert(step.operand.component)
    }
    return encoding.ownComponents == stacked ? stacked : nil
  }

  private static func isPacked(_ step: Encoding.Step) -> Bool {
    (step.operand.steps ?? []).isEmpty
  }

  private struct Store: ComponentStore {
    let parts: [StoredTensor]
    let stacked: Set<Int>

    func component(_ position: Int) -> StoredTensor.Component {
      var component = parts[0].components[position]
      if stacked.contains(position) {
        component.shape = [component.shape.reduce(1, *) * parts.count]
      }
      return component
    }

    func elementType(of position: Int) -> ElementType { component(position).elementType }

    func elementCount(of position: Int) -> Int { component(position).shape.reduce(1, *) }

    func codebookLength(of position: Int, isSingle: Bool) -> Int {
      isSingle ? elementCount(of: position) : component(position).shape.last ?? 1
    }

    func withBytes<Result>(
      of position: Int, in range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) throws -> Result {
      guard stacked.contains(position) else {
        return try parts[0].withBytes(of: position, in: range, body)
      }
      let byteCount = parts[0].components[position].byteCount
      var bytes: [UInt8] = []
      bytes.reserveCapacity(range.count)
      var next = range.lowerBound
      while next < range.upperBound {
        let (part, start) = (next / byteCount, next % byteCount)
        let count = min(byteCount - start, range.upperBound - next)
        if count == range.count {
          return try parts[part].withBytes(of: position, in: start..<start + count, body)
        }
        try parts[part].withBytes(of: position, in: start..<start + count) {
          bytes.append(contentsOf: $0)
        }
        next += count
      }
      return try bytes.withUnsafeBytes(body)
    }

    func refusal(_ item: String, _ problem: String) -> any Error {
      QuantizationError.components(tensor: item, problem: problem)
    }
  }
}
