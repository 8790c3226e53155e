// SPDX-License-Identifier: Apache-2.0

import CKernels
import Tensors

/// Encodes the slabs of one tensor by the rule of `mx.quantize`.
///
/// The codes come from scale and bias in fp32; both are rounded to the type of the weights only where they
/// are stored, and the error is that of the stored ones.
struct AffineEncoder: TensorEncoder {
  let bits: Int
  let group: Int

  /// The smallest step between two codes.
  private static let smallestStep: Float = 1e-7

  func encode(
    _ slab: Slab, into outputs: [UnsafeMutableRawBufferPointer], scratch: Scratch
  ) throws -> ErrorStatistics {
    let length = BlockGeometry.chunkWeightGoal
    let width = slab.elementType.bitWidth / 8
    let kernels = Kernels.active.table
    var sums = halftone_error_sums()
    precondition(outputs[0].count >= slab.count * bits / 8)
    precondition(outputs[1].count >= slab.count / group * width && slab.count % group == 0)
    precondition(outputs[2].count >= slab.count / group * width)
    scratch.reserve(length)
    let (scales, biases) = (scratch.spare, scratch.secondSpare)
    for start in stride(from: 0, to: slab.count, by: length) {
      let range = start..<min(start + length, slab.count)
      let groups = range.count / group
      slab.widen(range, into: scratch.weights)
      try chooseSteps(range, of: slab, scales, biases, scratch)
      let codes = (outputs[0].baseAddress.unsafelyUnwrapped + start * bits / 8)
        .assumingMemoryBound(to: UInt8.self)
      kernels.encode_affine(
        scratch.weights, range.count, group, Int32(bits), scales, biases, codes)
      for (numbers, output) in [(scales, outputs[1]), (biases, outputs[2])] {
        round(
          numbers, count: groups, to: slab.elementType,
          storing: output.baseAddress.unsafelyUnwrapped + start / group * width)
      }
      kernels.decode_affine(
        codes, range.count, group, Int32(bits), scales, biases, scratch.restored)
      kernels.error_sums(scratch.weights, scratch.restored, range.count, &sums)
      try slab.requireFinite(scratch.restored, of: range, largestError: sums.max_absolute)
    }
    return ErrorStatistics(sums, count: slab.count)
  }

  /// Chooses scale and bias of each group of the weights in `scratch.weights`.
  ///
  /// The end of the range that is farther from 0 is met exactly, and so is 0: the step divides that end
  /// into a whole number of steps. Where that number is 0, the bias is.
  private func chooseSteps(
    _ range: Range<Int>, of slab: Slab, _ scales: UnsafeMutablePointer<Float>,
    _ biases: UnsafeMutablePointer<Float>, _ scratch: Scratch
  ) throws {
    let (minima, maxima) = (scales, biases)
    guard
      Kernels.active.table.minmax(scratch.weights, range.count, group, minima, maxima) == 0
    else { throw slab.nonFinite(in: range, scratch: scratch) }
    let top = Float(1 << bits - 1)
    for place in 0..<range.count / group {
      let (low, high) = (minima[place], maxima[place])
      let isBelow = abs(low) > abs(high)
      let width = max((high - low) / top, Self.smallestStep)
      let step = isBelow ? width : -width
      let edge = isBelow ? low : high
      let count = (edge / step).rounded(.toNearestOrEven)
      scales[place] = count == 0 ? step : edge / count
      biases[place] = count == 0 ? 0 : edge
      guard scales[place].isFinite, scales[place] != 0 else {
        throw QuantizationError.outsideRange(
          tensor: slab.tensor, index: slab.elements.lowerBound + range.lowerBound + place * group,
          type: .f32)
      }
    }
  }

  /// Rounds numbers to a type, in place and where they are stored.
  private func round(
    _ numbers: UnsafeMutablePointer<Float>, count: Int, to type: ElementType,
    storing output: UnsafeMutableRawPointer
  ) {
    let kernels = Kernels.active.table
    if type == .f32 {
      output.copyMemory(from: numbers, byteCount: 4 * count)
      return
    }
    let halves = output.assumingMemoryBound(to: UInt16.self)
    if type == .bf16 {
      kernels.narrow_bf16(numbers, count, halves)
      kernels.widen_bf16(halves, count, numbers)
    } else {
      kernels.narrow_f16(numbers, count, halves)
      kernels.widen_f16(halves, count, numbers)
    }
  }
}
