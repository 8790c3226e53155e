// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors

extension Q4_0: SeparableBlock {
  static let fields = [SeparatedField("codes", .u8, 16), SeparatedField("scales", .f16, 1)]
  static let constants = [(role: "zero", values: [Float(8)])]
  static let separatedEncoding = Encoding(
    component: 0, bits: 4, order: .high,
    steps: [
      .init(.subtract, Encoding(component: 2)), .init(.multiply, Encoding(component: 1), block: 32),
    ])

  static func separate(
    field: Int, of block: UnsafePointer<UInt8>, into bytes: UnsafeMutablePointer<UInt8>
  ) {
    if field == 0 {
      block.interleaveHalves(at: 2, count: 16, into: bytes)
    } else {
      block.copy(0..<2, into: bytes)
    }
  }
}

extension Q4_1: SeparableBlock {
  static let fields = [
    SeparatedField("codes", .u8, 16), SeparatedField("scales", .f16, 1),
    SeparatedField("minima", .f16, 1),
  ]
  static let separatedEncoding = Encoding(
    component: 0, bits: 4, order: .high,
    steps: [
      .init(.multiply, Encoding(component: 1), block: 32),
      .init(.add, Encoding(component: 2), block: 32),
    ])

  static func separate(
    field: Int, of block: UnsafePointer<UInt8>, into bytes: UnsafeMutablePointer<UInt8>
  ) {
    if field == 0 {
      block.interleaveHalves(at: 4, count: 16, into: bytes)
    } else {
      block.copy(2 * (field - 1)..<2 * field, into: bytes)
    }
  }
}

extension Q8_0: SeparableBlock {
  static let fields = [SeparatedField("codes", .i8, 32), SeparatedField("scales", .f16, 1)]
  static let separatedEncoding = Encoding(
    component: 0, steps: [.init(.multiply, Encoding(component: 1), block: 32)])

  static func separate(
    field: Int, of block: UnsafePointer<UInt8>, into bytes: UnsafeMutablePointer<UInt8>
  ) {
    block.copy(field == 0 ? 2..<34 : 0..<2, into: bytes)
  }
}

extension IQ4_NL: SeparableBlock {
  static let fields = [SeparatedField("codes", .u8, 16), SeparatedField("scales", .f16, 1)]
  static let constants = [(role: "codebook", values: codebook)]
  static let separatedEncoding = Encoding(
    component: 0, bits: 4, order: .high,
    steps: [
      .init(.lookup, Encoding(component: 2)), .init(.multiply, Encoding(component: 1), block: 32),
    ])

  static func separate(
    field: Int, of block: UnsafePointer<UInt8>, into bytes: UnsafeMutablePointer<UInt8>
  ) {
    Q4_0.separate(field: field, of: block, into: bytes)
  }
}
