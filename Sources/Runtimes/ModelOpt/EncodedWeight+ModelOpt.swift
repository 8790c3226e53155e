// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Quantization
import Tensors

extension EncodedWeight {
  /// Reads eight-bit integers with a scale for each row.
  ///
  /// - Throws: ``RuntimeError/malformed(file:tensor:problem:)`` where the arrays do not fit together.
  init(modelOptRows module: String, _ type: ElementType, _ finder: ArrayFinder) throws {
    var finder = finder
    let codes = try finder.array(finder.name)
    guard codes.shape.count == 2, codes.elementCount > 0 else {
      throw finder.refusal("its codes are I8 \(codes.shape), no matrix")
    }
    let scales = try finder.component("scales", "\(module).weight_scale", .f32, [codes.rowCount])
    self.init(
      TensorDescription(
        name: finder.name, shape: codes.shape, elementType: type, scheme: "w8a16",
        storedByteCount: codes.storedByteCount + scales.component.byteCount),
      encoding: Encoding(
        component: 0,
        steps: [.init(.multiply, Encoding(component: 1), block: codes.columnCount)]),
      components: [
        (.init(role: "codes", elementType: .i8, shape: codes.shape), .stored(finder.name)), scales,
      ], foundBy: finder)
  }

  /// Reads four-bit integers of which two rows share a row of bytes.
  ///
  /// - Throws: ``RuntimeError/malformed(file:tensor:problem:)`` where the arrays do not fit together, or
  ///   what comes into the layer is scaled.
  init(modelOptPairs module: String, _ type: ElementType, _ finder: ArrayFinder) throws {
    var finder = finder
    let model = finder.model
    let codes = try finder.array(finder.name)
    let scales = try finder.array("\(module).weight_scale")
    guard codes.elementType == .u8, codes.shape.count == 2, codes.elementCount > 0,
      [.f32, .bf16, .f16].contains(scales.elementType), scales.shape.count == 2
    else {
      throw finder.refusal(
        "its codes are \(codes.elementType.rawValue) \(codes.shape) and its scales "
          + "\(scales.elementType.rawValue) \(scales.shape), which is no form that ModelOpt writes")
    }
    let (rows, columns, groups) = (2 * codes.shape[0], codes.shape[1], scales.shape[1])
    guard scales.shape[0] == rows, groups > 0, columns % groups == 0, columns % 2 == 0 else {
      throw finder.refusal(
        "its array \("\(module).weight_scale".quoted) has the shape \(scales.shape), which does not go "
          + "with \([rows, columns])")
    }
    let factors = "\(module).pre_quant_scale"
    if model.description(of: factors) != nil {
      let found = try finder.array(factors)
      let areOnes = try found.elementCount == 0 || model.read(found, allSatisfy: { $0 == 1 })
      guard areOnes else {
        throw finder.refusal(
          "its pre_quant_scale is not 1 throughout: its layer scales what comes in, which is not read"
        )
      }
    }
    self.init(
      TensorDescription(
        name: finder.name, shape: [rows, columns], elementType: type, scheme: "w4a16",
        storedByteCount: codes.storedByteCount + scales.storedByteCount),
      encoding: Encoding(
        component: 0, bits: 4, order: .low,
        steps: [
          .init(.subtract, Encoding(component: 2)),
          .init(.multiply, Encoding(component: 1), block: columns / groups),
        ]),
      components: [
        (
          .init(role: "codes", elementType: .u8, shape: [codes.elementCount]),
          .derived(UnpairedRows(array: finder.name, columns: columns))
        ),
        (
          .init(role: "scales", elementType: scales.elementType, shape: [scales.elementCount]),
          .stored("\(module).weight_scale")
        ),
        (.init(role: "zero", elementType: .f32, shape: [1]), .known([Float(8)].bytes)),
      ], foundBy: finder)
  }
}

extension SafetensorsModel {
  /// Whether all numbers of a tensor have a property, some at a time.
  fileprivate func read(
    _ tensor: TensorDescription, allSatisfy predicate: (Float) -> Bool
  ) throws -> Bool {
    let length = 1 << 16
    var numbers = [Float](repeating: 0, count: length)
    for start in stride(from: 0, to: tensor.elementCount, by: length) {
      let elements = start..<min(start + length, tensor.elementCount)
      try numbers.withUnsafeMutableBufferPointer {
        try read(tensor.name, elements: elements, into: $0)
      }
      guard numbers[..<elements.count].allSatisfy(predicate) else { return false }
    }
    return true
  }
}

/// Unsigned four-bit codes row by row, the first of a pair in the low half of a byte, from signed ones of
/// which two rows share a row of bytes.
private struct UnpairedRows: DerivedArray {
  let array: String
  let columns: Int

  func copy(
    _ range: Range<Int>, of model: SafetensorsModel, into bytes: UnsafeMutableRawBufferPointer
  ) throws {
    let half = columns / 2
    try model.withStoredBytes(of: array) { stored in
      for (place, byte) in range.enumerated() {
        let (row, pair) = (byte / half, byte % half)
        let source = row / 2 * columns + 2 * pair
        let (first, second) = (stored[source], stored[source + 1])
        bytes[place] =
          (row % 2 == 0 ? first & 15 | second << 4 : first >> 4 | second & 0xF0) ^ 0x88
      }
    }
  }
}
