// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors

extension EncodedWeight {
  /// The number of a tensor that NVFP4 has beside its scales.
  struct TensorScale {
    var array: String
    /// Whether scales are multiplied or divided by it.
    var operation: Encoding.Operation
  }

  /// Reads a weight of E2M1 codes, two to a byte.
  ///
  /// - Parameters:
  ///   - codes: the array of codes, U8 [rows, columns / 2], the first of a pair in the low half.
  ///   - scales: the array of scales, one for each block of a row.
  ///   - tensorScale: makes it NVFP4, with E4M3 scales of 16 weights; nil: MXFP4, with powers of two for 32,
  ///     as F8_E8M0 or U8.
  ///   - elementType: what the weights were before.
  /// - Throws: ``RuntimeError/malformed(file:tensor:problem:)`` where the arrays do not fit together.
  init(
    e2m1 codes: String, scales: String, tensorScale: TensorScale?, _ elementType: ElementType,
    _ finder: ArrayFinder
  ) throws {
    var finder = finder
    let stored = try finder.array(codes)
    guard stored.elementType == .u8, stored.shape.count == 2, stored.elementCount > 0 else {
      throw finder.refusal(
        "its codes are \(stored.elementType.rawValue) \(stored.shape), not a U8 matrix")
    }
    let shape = [stored.shape[0], 2 * stored.shape[1]]
    let block = tensorScale == nil ? 32 : 16
    let found = try finder.array(scales)
    let scaleType = tensorScale == nil ? ElementType.f8e8m0 : .f8e4m3
    let typeFits =
      found.elementType == scaleType || tensorScale == nil && found.elementType == .u8
    guard typeFits, shape[1] % block == 0, found.shape == [shape[0], shape[1] / block] else {
      throw finder.refusal(
        "its array \(scales.quoted) is \(found.elementType.rawValue) \(found.shape), not "
          + "\(scaleType.rawValue) for every \(block) weights of \(shape)")
    }
    var components: [(component: StoredTensor.Component, array: StoredArrays.Array)] = [
      (.init(role: "codes", elementType: .u8, shape: [stored.elementCount]), .stored(codes)),
      (
        .init(role: "scales", elementType: scaleType, shape: [found.elementCount]),
        .stored(scales)
      ),
    ]
    var operand = Encoding(component: 1)
    var byteCount = stored.storedByteCount + found.storedByteCount
    if let tensorScale {
      let number = try finder.array(tensorScale.array)
      guard number.elementType == .f32, number.elementCount == 1 else {
        throw finder.refusal(
          "its array \(tensorScale.array.quoted) is \(number.elementType.rawValue) "
            + "\(number.shape), not one F32 number")
      }
      operand.steps = [.init(tensorScale.operation, Encoding(component: 2))]
      components.append(
        (
          .init(role: "tensor_scale", elementType: .f32, shape: [1]), .stored(tensorScale.array)
        ))
      byteCount += 4
    }
    let codebook = components.count
    components.append(
      (
        .init(role: "codebook", elementType: .f32, shape: [16]), .known(Codebook.e2m1.bytes)
      ))
    self.init(
      TensorDescription(
        name: finder.name, shape: shape, elementType: elementType,
        scheme: tensorScale == nil ? Quantization.MXFP4.name : Quantization.NVFP4.name,
        storedByteCount: byteCount),
      encoding: Encoding(
        component: 0, bits: 4, order: .low,
        steps: [
          .init(.lookup, Encoding(component: codebook)), .init(.multiply, operand, block: block),
        ]), components: components, foundBy: finder)
    place(at: codes)
  }
}
