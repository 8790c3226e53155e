// SPDX-License-Identifier: Apache-2.0

import CKernels
import Tensors

/// Plain numbers of another floating type, rounded to nearest even.
///
/// `formats/encodings.md`, "Plain".
struct Cast: Scheme {
  let target: ElementType

  /// - Throws: ``QuantizationError`` where block options are given, for there are no blocks.
  init(to target: ElementType, options: SchemeOptions) throws {
    let name = target.schemeName
    if options.blockSize != nil { throw QuantizationError.noBlocks(scheme: name) }
    if options.doubleQuantization { throw QuantizationError.noDoubleQuantization(scheme: name) }
    self.target = target
  }

  var name: String { target.schemeName }

  func layout(for tensor: TensorDescription) throws -> TensorLayout {
    guard tensor.elementType.isQuantizable else {
      throw QuantizationError.unsupportedElementType(
        tensor: tensor.name, type: tensor.elementType)
    }
    let slab = BlockGeometry.slabWeightGoal
    return TensorLayout(
      slabWeightCount: slab, stripWeightCount: BlockGeometry.stripWeightGoal,
      components: [
        .init("values", target, tensor.shape, .perSlab(byteCount: slab * target.bitWidth / 8))
      ],
      encoding: Encoding(component: 0))
  }

  func makeEncoder(
    for tensor: TensorDescription, layout: TensorLayout
  ) -> any TensorEncoder {
    CastEncoder(target: target)
  }
}

private struct CastEncoder: TensorEncoder {
  let target: ElementType

  func encode(
    _ slab: Slab, into outputs: [UnsafeMutableRawBufferPointer], scratch: Scratch
  ) throws -> ErrorStatistics {
    let length = BlockGeometry.chunkWeightGoal
    let width = target.bitWidth / 8
    let kernels = Kernels.active.table
    var sums = halftone_error_sums()
    precondition(outputs[0].count >= slab.count * width)
    scratch.reserve(length)
    for start in stride(from: 0, to: slab.count, by: length) {
      let range = start..<min(start + length, slab.count)
      slab.widen(range, into: scratch.weights)
      let output = outputs[0].baseAddress.unsafelyUnwrapped + start * width
      if target == .f32 {
        output.copyMemory(from: scratch.weights, byteCount: 4 * range.count)
        kernels.error_sums(scratch.weights, scratch.weights, range.count, &sums)
      } else {
        let halves = output.assumingMemoryBound(to: UInt16.self)
        let (narrow, widen) =
          target == .bf16
          ? (kernels.narrow_bf16, kernels.widen_bf16) : (kernels.narrow_f16, kernels.widen_f16)
        narrow?(scratch.weights, range.count, halves)
        widen?(halves, range.count, scratch.restored)
        kernels.error_sums(scratch.weights, scratch.restored, range.count, &sums)
      }
      if !sums.ee.isFinite { try requireFinite(range, of: slab, scratch: scratch) }
    }
    return ErrorStatistics(sums, count: slab.count)
  }

  /// Finds what made a sum overflow: a weight that is not finite, or one too large for the target.
  ///
  /// Neither need be there, for the squares of large fp32 weights overflow too.
  private func requireFinite(_ range: Range<Int>, of slab: Slab, scratch: Scratch) throws {
    if let index = slab.firstIndex(in: range, scratch: scratch.weights, where: { !$0.isFinite }) {
      throw QuantizationError.nonFinite(tensor: slab.tensor, index: index)
    }
    let limit = target.overflowThreshold
    if let index = slab.firstIndex(in: range, scratch: scratch.weights, where: { abs($0) >= limit })
    {
      throw QuantizationError.outsideRange(tensor: slab.tensor, index: index, type: target)
    }
  }
}

extension ElementType {
  /// The smallest magnitude that rounds to infinity in this type: halfway from its largest number to
  /// the next power of two, where the tie goes to the even one of the two.
  package var overflowThreshold: Float {
    switch self {
    case .f16: 65520
    case .bf16: Float(bitPattern: 0x7F7F_8000)
    default: .infinity
    }
  }
}
