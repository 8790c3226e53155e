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

extension Q4_K: SeparableBlock {
  static let fields = [
    SeparatedField("codes", .u8, 128), SeparatedField("scale_codes", .u8, 8),
    SeparatedField("scales", .f16, 1), SeparatedField("minimum_codes", .u8, 8),
    SeparatedField("negated_minima", .f16, 1),
  ]
  static let separatedEncoding = Encoding(
    component: 0, bits: 4, order: .high,
    steps: [
      .init(.multiply, nested(codes: 1, scales: 2), block: 32),
      .init(.add, nested(codes: 3, scales: 4), block: 32),
    ])

  private static func nested(codes: Int, scales: Int) -> Encoding {
    Encoding(
      component: codes, steps: [.init(.multiply, Encoding(component: scales), block: 8)])
  }

  static func separate(
    field: Int, of block: UnsafePointer<UInt8>, into bytes: UnsafeMutablePointer<UInt8>
  ) {
    switch field {
    case 0:
      for run in 0..<4 {
        block.interleaveHalves(at: 16 + 32 * run, count: 32, into: bytes + 32 * run)
      }
    case 2: block.copy(0..<2, into: bytes)
    case 4:
      // A minimum is taken away, and an encoding adds; the sign of a half is its highest bit.
      bytes[0] = block[2]
      bytes[1] = block[3] ^ 0x80
    default:
      for part in 0..<8 {
        let pair = sixBitPair(part, of: block + 4)
        bytes[part] = field == 1 ? pair.scale : pair.minimum
      }
    }
  }
}
