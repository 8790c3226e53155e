// SPDX-License-Identifier: Apache-2.0

import CKernels
import Tensors

extension Slab {
  /// The largest magnitude.
  ///
  /// - Throws: ``QuantizationError/nonFinite(tensor:index:)``.
  func largestMagnitude(scratch: Scratch) throws -> Float {
    var largest: Float = 0
    let geometry = BlockGeometry(weightCount: BlockGeometry.chunkWeightGoal, codeBits: 8)
    try forEachChunk(geometry, scratch: scratch) { chunk, range in
      var maximum: Float = 0
      guard Kernels.active.table.absmax(chunk.weights, chunk.count, chunk.count, &maximum) == 0
      else { throw nonFinite(in: range, scratch: scratch) }
      largest = max(largest, maximum)
    }
    return largest
  }
}

extension ModelSource {
  /// The largest magnitude of a tensor of F16, BF16 or F32 numbers that stand plainly.
  ///
  /// - Throws: the source's error, or ``QuantizationError/nonFinite(tensor:index:)``.
  package func largestMagnitude(of tensor: TensorDescription) throws -> Float {
    let scratch = Scratch()
    let width = tensor.elementType.bitWidth / 8
    var largest: Float = 0
    for start in stride(from: 0, to: tensor.elementCount, by: BlockGeometry.slabWeightGoal) {
      let elements = start..<min(start + BlockGeometry.slabWeightGoal, tensor.elementCount)
      let range = elements.lowerBound * width..<elements.upperBound * width
      let maximum = try withStoredBytes(of: tensor.name, in: range) { bytes in
        try Slab(
          tensor: tensor.name, elements: elements, bytes: bytes, elementType: tensor.elementType
        ).largestMagnitude(scratch: scratch)
      }
      largest = max(largest, maximum)
    }
    return largest
  }
}
