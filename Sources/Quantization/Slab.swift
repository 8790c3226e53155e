// SPDX-License-Identifier: Apache-2.0

import CKernels
import Tensors

/// A run of consecutive weights of one tensor, where it lies in memory.
package struct Slab {
  /// The tensor's name, for errors.
  package let tensor: String
  /// Which weights of the flat tensor these are.
  package let elements: Range<Int>
  /// Their stored bytes, at any alignment.
  package let bytes: UnsafeRawBufferPointer
  /// F16, BF16 or F32.
  package let elementType: ElementType

  /// Describes `elements` of a tensor, whose stored bytes are `bytes`.
  package init(
    tensor: String, elements: Range<Int>, bytes: UnsafeRawBufferPointer, elementType: ElementType
  ) {
    precondition(bytes.count == elements.count * elementType.bitWidth / 8)
    self.tensor = tensor
    self.elements = elements
    self.bytes = bytes
    self.elementType = elementType
  }

  /// The number of weights.
  package var count: Int { elements.count }

  /// The weights `range`, counted from the slab's start.
  package subscript(range: Range<Int>) -> Slab {
    let bits = elementType.bitWidth
    return Slab(
      tensor: tensor,
      elements: elements.lowerBound + range.lowerBound..<elements.lowerBound + range.upperBound,
      bytes: UnsafeRawBufferPointer(
        rebasing: bytes[range.lowerBound * bits / 8..<range.upperBound * bits / 8]),
      elementType: elementType)
  }

  /// Widens the weights `range`, counted from the slab's start, to fp32.
  package func widen(_ range: Range<Int>, into floats: UnsafeMutablePointer<Float>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    guard !range.isEmpty, let base = bytes.baseAddress else { return }
    let start = base + range.lowerBound * elementType.bitWidth / 8
    switch elementType {
    case .bf16:
      Kernels.active.table.widen_bf16(
        start.assumingMemoryBound(to: UInt16.self), range.count, floats)
    case .f16:
      Kernels.active.table.widen_f16(
        start.assumingMemoryBound(to: UInt16.self), range.count, floats)
    default:
      UnsafeMutableRawPointer(floats).copyMemory(from: start, byteCount: range.count * 4)
    }
  }

  /// The first weight of `range` that `isBad`, as an index into the flat tensor.
  package func firstIndex(
    in range: Range<Int>, scratch: UnsafeMutablePointer<Float>, where isBad: (Float) -> Bool
  ) -> Int? {
    widen(range, into: scratch)
    return (0..<range.count).first { isBad(scratch[$0]) }
      .map { elements.lowerBound + range.lowerBound + $0 }
  }
}

/// The buffers of one worker: a chunk's weights, restored weights, and room for a codec.
package final class Scratch: @unchecked Sendable {
  private(set) var capacity = 0
  private var storage = UnsafeMutablePointer<Float>.allocate(capacity: 0)

  package init() {}

  deinit { storage.deallocate() }

  /// Makes room for chunks of `count` weights; what the buffers held is lost.
  package func reserve(_ count: Int) {
    guard count > capacity else { return }
    storage.deallocate()
    storage = .allocate(capacity: 5 * count)
    capacity = count
  }

  /// The weights of the chunk.
  package var weights: UnsafeMutablePointer<Float> { storage }
  /// The weights as restored from their codes.
  package var restored: UnsafeMutablePointer<Float> { storage + capacity }
  /// For a codec's own use: as many numbers as a chunk has weights.
  var spare: UnsafeMutablePointer<Float> { storage + 2 * capacity }
  /// A second such buffer.
  var secondSpare: UnsafeMutablePointer<Float> { storage + 3 * capacity }
  /// A third such buffer.
  var thirdSpare: UnsafeMutablePointer<Float> { storage + 4 * capacity }
}

extension Slab {
  /// Whether no weight is NaN or infinite.
  package var isFinite: Bool {
    let length = BlockGeometry.chunkWeightGoal
    return withUnsafeTemporaryAllocation(of: Float.self, capacity: length + 1) { buffer in
      let weights = buffer.baseAddress.unsafelyUnwrapped
      return stride(from: 0, to: count, by: length).allSatisfy { start in
        let range = start..<min(start + length, count)
        widen(range, into: weights)
        return Kernels.active.table.absmax(weights, range.count, range.count, weights + length) == 0
      }
    }
  }
}
