// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Quantization
import Tensors

extension PackQuantized {
  func read(
    _ module: String, _ group: CompressedTensorsGroup, _ elementType: ElementType,
    _ finder: ArrayFinder
  ) throws -> EncodedWeight? {
    var finder = finder
    let model = finder.model
    let bits = group.weights.bits
    guard let packed = model.description(of: "\(module).weight_packed"),
      packed.elementType == .i32, packed.shape.count == 2,
      let scales = model.description(of: "\(module).weight_scale"),
      [.f16, .bf16, .f32].contains(scales.elementType), scales.shape.count == 2,
      group.weights.kind == .int, (2...8).contains(bits),
      (model.description(of: "\(module).weight_zero_point") == nil) == group.weights.isSymmetric
    else { return nil }
    let shape = try finder.shape(of: "\(module).weight_shape")
    let (rows, columns) = (shape[0], shape[1])
    let size = group.weights.strategy == "group" ? group.weights.groupSize ?? 0 : columns
    guard packed.shape[0] == rows, scales.shape[0] == rows, size > 0, columns % size == 0,
      scales.shape[1] == columns / size
    else { return nil }
    let (rowBits, overflow) = columns.multipliedReportingOverflow(by: bits)
    guard !overflow, packed.shape[1] == rowBits / 32 + (rowBits % 32 == 0 ? 0 : 1) else {
      throw finder.refusal(
        "its codes are I32 \(packed.shape), not those of \(shape) in \(bits) bits; before version 0.17 "
          + "compressed-tensors packed odd widths in another way, which is not read")
    }
    guard rowBits % 32 == 0 else {
      throw finder.refusal("its rows of \(columns) codes of \(bits) bits end inside a word")
    }
    _ = try finder.array("\(module).weight_packed")
    _ = try finder.array("\(module).weight_scale")
    var components: [(component: StoredTensor.Component, array: StoredArrays.Array)] = [
      (
        .init(
          role: "codes", elementType: .u8,
          shape: bits == 8 ? [rows, columns] : [rows * rowBits / 8]),
        .stored("\(module).weight_packed")
      ),
      (
        .init(role: "scales", elementType: scales.elementType, shape: [rows * columns / size]),
        .stored("\(module).weight_scale")
      ),
    ]
    let zeros: Encoding.Step
    if group.weights.isSymmetric {
      components.append(
        (
          .init(role: "zero", elementType: .f32, shape: [1]),
          .known([Float(1 << (bits - 1))].bytes)
        ))
      zeros = .init(.subtract, Encoding(component: 2))
    } else {
      guard bits == 4 || bits == 8 else {
        throw finder.refusal("it has zero points of \(bits) bits, which are not read")
      }
      try finder.array(
        "\(module).weight_zero_point", .i32, [(rows * bits + 31) / 32, columns / size])
      components.append(
        GroupZeros(
          array: "\(module).weight_zero_point", bits: bits, rows: rows, groups: columns / size,
          place: .wordsOfRows
        ).component)
      zeros = .init(
        .subtract,
        Encoding(component: 2, bits: bits == 8 ? nil : bits, order: bits == 8 ? nil : .low),
        block: size)
    }
    var weight = EncodedWeight(
      TensorDescription(
        name: finder.name, shape: shape, elementType: elementType,
        scheme: "w\(bits)a16" + (group.weights.isSymmetric ? "" : "-asym"),
        storedByteCount: packed.storedByteCount + scales.storedByteCount
          + (group.weights.isSymmetric ? 0 : components[2].component.byteCount)),
      encoding: Encoding(
        component: 0, bits: bits == 8 ? nil : bits, order: bits == 8 ? nil : .low,
        steps: [zeros, .init(.multiply, Encoding(component: 1), block: size)]),
      components: components, foundBy: finder)
    weight.place(at: "\(module).weight_packed")
    return weight
  }
}

extension ArrayFinder {
  /// The shape of a matrix that an array states.
  ///
  /// - Throws: ``RuntimeError/malformed(file:tensor:problem:)`` where it is none that a file can hold.
  fileprivate mutating func shape(of array: String) throws -> [Int] {
    let description = try self.array(array)
    guard description.elementType == .i64, description.shape == [2] else {
      throw refusal("its array \(array.quoted) is not I64 [2]")
    }
    let shape = try model.withStoredBytes(of: array) { bytes in
      [0, 8].map {
        Int(Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: Int64.self)))
      }
    }
    guard EncodedWeight.elementCount(of: shape) != nil else {
      throw refusal("its array \(array.quoted) states the impossible shape \(shape)")
    }
    return shape
  }
}
