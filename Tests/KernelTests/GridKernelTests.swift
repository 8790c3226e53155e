// SPDX-License-Identifier: Apache-2.0

import CKernels
import Tensors
import TestSupport
import Testing

/// The kernels of the code grids for every instruction set that this processor has.
///
/// Sendable because the table is constant and so is the name that it points to.
private struct Grids: CustomTestStringConvertible, @unchecked Sendable {
  let table: halftone_grids

  static let all = [
    HALFTONE_ISA_SCALAR, HALFTONE_ISA_AVX2, HALFTONE_ISA_AVX512, HALFTONE_ISA_NEON,
  ].compactMap { halftone_grids_for($0).map { Grids(table: $0.pointee) } }

  var testDescription: String { String(cString: table.name) }

  func encodeE4M3(_ weights: [Float], block: Int? = nil, scales: [Float] = [1]) -> [UInt8] {
    var codes = [UInt8](repeating: 0xA5, count: weights.count)
    table.encode_e4m3(weights, weights.count, block ?? max(1, weights.count), scales, &codes)
    return codes
  }

  func encodeE2M1(_ weights: [Float], block: Int? = nil, scales: [Float] = [1]) -> [UInt8] {
    var codes = [UInt8](repeating: 0xA5, count: (weights.count + 1) / 2)
    table.encode_e2m1(weights, weights.count, block ?? max(1, weights.count), scales, &codes)
    return codes
  }

  func decodeE4M3(_ codes: [UInt8], block: Int, scales: [Float]) -> [UInt32] {
    var numbers = [Float](repeating: 0, count: codes.count)
    table.decode_e4m3(codes, codes.count, block, scales, &numbers)
    return numbers.map(\.canonicalBits)
  }

  func decodeLookup(
    _ codes: [UInt8], count: Int, block: Int, table book: [Float], scales: [Float]
  ) -> [UInt32] {
    var numbers = [Float](repeating: 0, count: count)
    table.decode_lookup4_low(codes, count, block, book, scales, &numbers)
    return numbers.map(\.canonicalBits)
  }

  func decodeBytes(
    _ codes: [UInt8], block: Int, table book: [Float], scales: [Float], addend: Float
  ) -> [UInt32] {
    var numbers = [Float](repeating: 0, count: codes.count)
    table.decode_lookup8(codes, codes.count, block, book, scales, addend, &numbers)
    return numbers.map(\.canonicalBits)
  }
}

extension Float {
  /// The bits, those of one NaN for all.
  fileprivate var canonicalBits: UInt32 { isNaN ? Float.nan.bitPattern : bitPattern }
}

@Suite struct GridKernelTests {
  /// Around the widths of all vectors and blocks.
  private static let lengths = [0, 1, 2, 7, 15, 16, 17, 31, 32, 33, 63, 64, 100, 127, 1000, 4099]

  /// The number of every E4M3 code, by the conversion that readers use.
  private static let numbers: [Float] = {
    let codes = Array(UInt8.min...UInt8.max)
    return [Float](unsafeUninitializedCapacity: 256) { buffer, count in
      _ = codes.withUnsafeBytes { ElementConversion.widen($0, of: .f8e4m3, into: buffer) }
      count = 256
    }
  }()

  @Test(arguments: Grids.all.dropFirst(), lengths)
  fileprivate func `every instruction set agrees with the portable code`(grids: Grids, count: Int) {
    let portable = Grids.all[0]
    var random = SeededGenerator(seed: UInt64(count) + 1)
    let anyBits = (0..<count).map { _ in
      Float(bitPattern: UInt32.random(in: 0 ... .max, using: &random))
    }
    let usual = row(count, in: -500...500)
    let codes = (0..<count).map { _ in UInt8.random(in: 0 ... .max, using: &random) }
    for block in [1, 3, 16, 17, 32, 48, 64, 4096] {
      let scales = row(count / block + 1, in: -2...2, seed: 3)
      for weights in [anyBits, usual] {
        #expect(
          grids.encodeE4M3(weights, block: block, scales: scales)
            == portable.encodeE4M3(weights, block: block, scales: scales))
        #expect(
          grids.encodeE2M1(weights, block: block, scales: scales)
            == portable.encodeE2M1(weights, block: block, scales: scales))
      }
      #expect(
        grids.decodeE4M3(codes, block: block, scales: scales)
          == portable.decodeE4M3(codes, block: block, scales: scales))
      let bytes = row(256)
      #expect(
        grids.decodeBytes(codes, block: block, table: bytes, scales: scales, addend: 0.3)
          == portable.decodeBytes(codes, block: block, table: bytes, scales: scales, addend: 0.3))
      let book = row(16)
      #expect(
        grids.decodeLookup(codes, count: count, block: block, table: book, scales: scales)
          == portable.decodeLookup(codes, count: count, block: block, table: book, scales: scales))
    }
  }

  @Test(arguments: Grids.all)
  fileprivate func `an E4M3 number keeps its code, and halfway between two the even one is taken`(
    grids: Grids
  ) {
    for code in UInt8(0)..<0x7E {
      let (here, above) = (Self.numbers[Int(code)], Self.numbers[Int(code) + 1])
      let middle = (here + above) / 2
      let even = code % 2 == 0 ? code : code + 1
      #expect(
        grids.encodeE4M3([here, -here, middle.nextDown, middle, middle.nextUp, -middle])
          == [code, code | 0x80, code, even, code + 1, even | 0x80])
    }
  }

  @Test(arguments: Grids.all)
  fileprivate func `beyond 448 there is 448, and NaN has a code of its own`(grids: Grids) {
    let weights: [Float] = [448, 449, 1e9, .infinity, -.infinity, .nan, -0.0, 0]
    #expect(
      grids.encodeE4M3(weights) == [0x7E, 0x7E, 0x7E, 0x7E, 0xFE, 0x7F, 0x80, 0])
    #expect(
      grids.decodeE4M3(Array(0...255), block: 256, scales: [1])
        == Self.numbers.map(\.canonicalBits))
  }

  @Test(arguments: Grids.all)
  fileprivate func `an E2M1 number keeps its code, and halfway between two the even one is taken`(
    grids: Grids
  ) {
    let magnitudes: [Float] = [0, 0.5, 1, 1.5, 2, 3, 4, 6]
    for code in 0..<7 {
      let middle = (magnitudes[code] + magnitudes[code + 1]) / 2
      let even = UInt8(code % 2 == 0 ? code : code + 1)
      let weights = [magnitudes[code], middle, -middle, middle.nextUp, middle.nextDown, 100]
      let expected: [UInt8] = [UInt8(code), even, even | 8, UInt8(code) + 1, UInt8(code), 7]
      let packed = stride(from: 0, to: 6, by: 2).map { expected[$0] | expected[$0 + 1] << 4 }
      // Alone, and where vectors are filled.
      #expect(grids.encodeE2M1(weights) == packed)
      let many = (0..<64).map { weights[$0 % 6] }
      #expect(Array(grids.encodeE2M1(many).prefix(3)) == packed)
    }
    #expect(grids.encodeE2M1([-1e-9, -0.0, .nan]) == [0x08, 0x00])
  }
}
