// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors

extension Q5_0: SeparableBlock {
  static let fields = [SeparatedField("codes", .u8, 20), SeparatedField("scales", .f16, 1)]
  static let constants = [(role: "zero", values: [Float(16)])]
  static let separatedEncoding = Encoding(
    component: 0, bits: 5, order: .low,
    steps: [
      .init(.subtract, Encoding(component: 2)), .init(.multiply, Encoding(component: 1), block: 32),
    ])

  static func separate(
    field: Int, of block: UnsafePointer<UInt8>, into bytes: UnsafeMutablePointer<UInt8>
  ) {
    if field == 0 {
      block.packFiveBits(low: 6, high: 2, into: bytes)
    } else {
      block.copy(0..<2, into: bytes)
    }
  }
}

extension Q5_1: SeparableBlock {
  static let fields = [
    SeparatedField("codes", .u8, 20), SeparatedField("scales", .f16, 1),
    SeparatedField("minima", .f16, 1),
  ]
  static let separatedEncoding = Encoding(
    component: 0, bits: 5, order: .low,
    steps: [
      .init(.multiply, Encoding(component: 1), block: 32),
      .init(.add, Encoding(component: 2), block: 32),
    ])

  static func separate(
    field: Int, of block: UnsafePointer<UInt8>, into bytes: UnsafeMutablePointer<UInt8>
  ) {
    if field == 0 {
      block.packFiveBits(low: 8, high: 4, into: bytes)
    } else {
      block.copy(2 * (field - 1)..<2 * field, into: bytes)
    }
  }
}

extension UnsafePointer<UInt8> {
  /// Packs 32 codes, of which 16 bytes from `low` on hold four bits and four from `high` on the fifth.
  fileprivate func packFiveBits(low: Int, high: Int, into bytes: UnsafeMutablePointer<UInt8>) {
    bytes.pack(32, bits: 5) { weight in
      eight(at: low + weight % 16, width: 4, part: weight / 16)
        | eightBits(at: high + weight / 8) << 4
    }
  }
}
