// SPDX-License-Identifier: Apache-2.0
//
// Blocks of 256 weights whose scales, and minima, are codes of a few bits with a scale of their own.

import Quantization
import Tensors

/// Numbers of a few bits, less `zero`, each `block` of which share a scale.
private func nested(
  _ codes: Int, bits: Int, zero: Int? = nil, scales: Int, block: Int
) -> Encoding {
  Encoding(
    component: codes, bits: bits, order: .low,
    steps: (zero.map { [.init(.subtract, Encoding(component: $0))] } ?? [])
      + [.init(.multiply, Encoding(component: scales), block: block)])
}

/// What follows the codes where both scales and minima are codes of `byteCount` bytes in all.
private func codedScaleFields(byteCount: Int) -> [SeparatedField] {
  [
    SeparatedField("scale_codes", .u8, byteCount), SeparatedField("scales", .f16, 1),
    SeparatedField("minimum_codes", .u8, byteCount), SeparatedField("negated_minima", .f16, 1),
  ]
}

/// The steps that refer to ``codedScaleFields(byteCount:)``, of blocks of 256 weights.
private func codedScaleSteps(bits: Int, scalesPerBlock count: Int) -> [Encoding.Step] {
  [
    .init(.multiply, nested(1, bits: bits, scales: 2, block: count), block: 256 / count),
    .init(.add, nested(3, bits: bits, scales: 4, block: count), block: 256 / count),
  ]
}

/// A minimum is taken away, and an encoding adds; the sign of a half is its highest bit.
private func copyNegated(
  _ half: UnsafePointer<UInt8>, into bytes: UnsafeMutablePointer<UInt8>
) {
  bytes[0] = half[0]
  bytes[1] = half[1] ^ 0x80
}

extension GGUFBlock {
  /// Packs the eight scales, or minima, of ``sixBitPair(_:of:)``.
  fileprivate static func packSixBits(
    areMinima: Bool, of block: UnsafePointer<UInt8>, into bytes: UnsafeMutablePointer<UInt8>
  ) {
    bytes.pack(8, bits: 6) { _ in
      (0..<8).reduce(0) { word, part in
        let pair = sixBitPair(part, of: block)
        return word | UInt64(areMinima ? pair.minimum : pair.scale) << UInt64(8 * part)
      }
    }
  }
}

extension Q4_K: SeparableBlock {
  static let fields = [SeparatedField("codes", .u8, 128)] + codedScaleFields(byteCount: 6)
  static let separatedEncoding = Encoding(
    component: 0, bits: 4, order: .high,
    steps: codedScaleSteps(bits: 6, scalesPerBlock: 8))

  static func separate(
    field: Int, of block: UnsafePointer<UInt8>, into bytes: UnsafeMutablePointer<UInt8>
  ) {
    switch field {
    case 0:
      for run in 0..<4 {
        block.interleaveHalves(at: 16 + 32 * run, count: 32, into: bytes + 32 * run)
      }
    case 2: block.copy(0..<2, into: bytes)
    case 4: copyNegated(block + 2, into: bytes)
    default: packSixBits(areMinima: field == 3, of: block + 4, into: bytes)
    }
  }
}

extension Q5_K: SeparableBlock {
  static let fields = [SeparatedField("codes", .u8, 160)] + codedScaleFields(byteCount: 6)
  static let separatedEncoding = Encoding(
    component: 0, bits: 5, order: .low,
    steps: codedScaleSteps(bits: 6, scalesPerBlock: 8))

  static func separate(
    field: Int, of block: UnsafePointer<UInt8>, into bytes: UnsafeMutablePointer<UInt8>
  ) {
    switch field {
    case 0:
      bytes.pack(weightCount, bits: 5) { weight in
        let (part, index) = (weight / 32, weight % 32)
        return block.eight(at: 48 + part / 2 * 32 + index, width: 4, part: part % 2)
          | block.eight(at: 16 + index, width: 1, part: part) << 4
      }
    case 2: block.copy(0..<2, into: bytes)
    case 4: copyNegated(block + 2, into: bytes)
    default: packSixBits(areMinima: field == 3, of: block + 4, into: bytes)
    }
  }
}

extension Q6_K: SeparableBlock {
  static let fields = [
    SeparatedField("codes", .u8, 192), SeparatedField("scale_codes", .i8, 16),
    SeparatedField("scales", .f16, 1),
  ]
  static let constants = [(role: "zero", values: [Float(32)])]
  static let separatedEncoding = Encoding(
    component: 0, bits: 6, order: .low,
    steps: [
      .init(.subtract, Encoding(component: 3)),
      .init(
        .multiply,
        Encoding(
          component: 1, steps: [.init(.multiply, Encoding(component: 2), block: 16)]),
        block: 16),
    ])

  static func separate(
    field: Int, of block: UnsafePointer<UInt8>, into bytes: UnsafeMutablePointer<UInt8>
  ) {
    switch field {
    case 0:
      bytes.pack(weightCount, bits: 6) { weight in
        let (half, run, index) = (weight / 128, weight % 128 / 32, weight % 32)
        let low = 64 * half + 32 * (run % 2) + index
        return block.eight(at: low, width: 4, part: run / 2)
          | block.eight(at: 128 + 32 * half + index, width: 2, part: run) << 4
      }
    case 1: block.copy(192..<208, into: bytes)
    default: block.copy(208..<210, into: bytes)
    }
  }
}

extension Q3_K: SeparableBlock {
  static let fields = [
    SeparatedField("codes", .u8, 96), SeparatedField("scale_codes", .u8, 12),
    SeparatedField("scales", .f16, 1),
  ]
  static let constants = [
    (role: "zero", values: [Float(4)]), (role: "scale_zero", values: [Float(32)]),
  ]
  static let separatedEncoding = Encoding(
    component: 0, bits: 3, order: .low,
    steps: [
      .init(.subtract, Encoding(component: 3)),
      .init(.multiply, nested(1, bits: 6, zero: 4, scales: 2, block: 16), block: 16),
    ])

  static func separate(
    field: Int, of block: UnsafePointer<UInt8>, into bytes: UnsafeMutablePointer<UInt8>
  ) {
    switch field {
    case 0:
      bytes.pack(weightCount, bits: 3) { weight in
        let (half, layer, index) = (weight / 128, weight % 128 / 32, weight % 32)
        return block.eight(at: 32 + 32 * half + index, width: 2, part: layer)
          | block.eight(at: index, width: 1, part: 4 * half + layer) << 2
      }
    case 1:
      bytes.pack(16, bits: 6) { part in
        let high = (0..<8).reduce(0) { word, place in
          word | UInt64(block.pair(104 + place % 4, part: (part + place) / 4)) << UInt64(8 * place)
        }
        return block.eight(at: 96, width: 4, part: part / 8) | high << 4
      }
    default: block.copy(108..<110, into: bytes)
    }
  }
}

extension Q2_K: SeparableBlock {
  static let fields = [SeparatedField("codes", .u8, 64)] + codedScaleFields(byteCount: 8)
  static let separatedEncoding = Encoding(
    component: 0, bits: 2, order: .low,
    steps: codedScaleSteps(bits: 4, scalesPerBlock: 16))

  static func separate(
    field: Int, of block: UnsafePointer<UInt8>, into bytes: UnsafeMutablePointer<UInt8>
  ) {
    switch field {
    case 0:
      bytes.pack(weightCount, bits: 2) { weight in
        let (half, layer, index) = (weight / 128, weight % 128 / 32, weight % 32)
        return block.eight(at: 16 + 32 * half + index, width: 2, part: layer)
      }
    case 2: block.copy(80..<82, into: bytes)
    case 4: copyNegated(block + 82, into: bytes)
    default: bytes.pack(16, bits: 4) { block.eight(at: $0, width: 4, part: field == 1 ? 0 : 1) }
    }
  }
}

extension IQ4_XS: SeparableBlock {
  static let fields = [
    SeparatedField("codes", .u8, 128), SeparatedField("scale_codes", .u8, 6),
    SeparatedField("scales", .f16, 1),
  ]
  static let constants = [
    (role: "codebook", values: IQ4_NL.codebook), (role: "scale_zero", values: [Float(32)]),
  ]
  static let separatedEncoding = Encoding(
    component: 0, bits: 4, order: .high,
    steps: [
      .init(.lookup, Encoding(component: 3)),
      .init(.multiply, nested(1, bits: 6, zero: 4, scales: 2, block: 8), block: 32),
    ])

  static func separate(
    field: Int, of block: UnsafePointer<UInt8>, into bytes: UnsafeMutablePointer<UInt8>
  ) {
    switch field {
    case 0:
      for part in 0..<8 {
        block.interleaveHalves(at: 8 + 16 * part, count: 16, into: bytes + 16 * part)
      }
    case 1:
      bytes.pack(8, bits: 6) { _ in
        (0..<8).reduce(0) { word, part in
          let low = block.nibble(4 + part / 2, half: part % 2)
          let code = low | block.pair(2 + part / 4, part: part % 4) << 4
          return word | UInt64(code) << UInt64(8 * part)
        }
      }
    default: block.copy(0..<2, into: bytes)
    }
  }
}
