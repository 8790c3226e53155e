// SPDX-License-Identifier: Apache-2.0

import CKernels
import TestSupport
import Testing

/// Random weights as codes, and what they stand for.
struct CodedRows {
  enum Kind: CaseIterable {
    case lookup, affine, bytes, bf16, f16

    var isFourBit: Bool { self == .lookup || self == .affine }
    var hasFastProducts: Bool { isFourBit || self == .bytes }
  }

  let kind: Kind
  let rowCount: Int
  let columns: Int
  let block: Int
  /// Exactly as long as the rows, so that a sanitizer sees a read past the end.
  let codes: [UInt8]
  let scales: [Float]
  let zeros: [UInt8]
  let table: [Float]
  let factor: Float

  init(_ kind: Kind, rowCount: Int, columns: Int, block: Int) {
    var generator = SeededGenerator(seed: UInt64(columns * 131 + block))
    self.kind = kind
    self.rowCount = rowCount
    self.columns = columns
    self.block = block
    let count = rowCount * columns
    switch kind {
    case .lookup, .affine:
      codes = (0..<count / 2).map { _ in .random(in: 0...255, using: &generator) }
    // All bytes, −128 too.
    case .bytes: codes = (0..<count).map { _ in .random(in: 0...255, using: &generator) }
    case .bf16, .f16:
      codes = (0..<count).flatMap { _ in
        let value = Float.random(in: -2...2, using: &generator)
        let bits = kind == .bf16 ? UInt16(value.bitPattern >> 16) : Self.half(value)
        return [UInt8(bits & 255), UInt8(bits >> 8)]
      }
    }
    scales = (0..<count / block).map { _ in .random(in: -0.5...2, using: &generator) }
    zeros = (0..<count / block).map { _ in .random(in: 0...15, using: &generator) }
    table = (0..<16).map { _ in .random(in: -1.5...1, using: &generator) }
    factor = kind == .bytes ? 1 / 127 : 1
  }

  /// A number of few digits, so that its half is exact.
  private static func half(_ value: Float) -> UInt16 {
    let sign: UInt16 = value < 0 ? 0x8000 : 0
    let magnitude = max(abs(value), 0x1p-10)
    let exponent = UInt16(Int(magnitude.exponent) + 15)
    return sign | exponent << 10 | UInt16(truncatingIfNeeded: magnitude.significandBitPattern >> 13)
  }

  /// One dequantized weight.
  func weight(_ output: Int, _ column: Int) -> Double {
    let place = output * columns + column
    let scale = Double(scales[place / block]) * Double(factor)
    func nibble() -> Int { Int(place % 2 == 0 ? codes[place / 2] >> 4 : codes[place / 2] & 15) }
    func bits() -> UInt16 { UInt16(codes[2 * place]) | UInt16(codes[2 * place + 1]) << 8 }
    switch kind {
    case .lookup: return Double(table[nibble()]) * scale
    case .affine: return Double(nibble() - Int(zeros[place / block])) * scale
    case .bytes: return Double(Int8(bitPattern: codes[place])) * scale
    case .bf16: return Double(Float(bitPattern: UInt32(bits()) << 16))
    case .f16:
      let half = bits()
      let magnitude = Double(sign: .plus, exponent: Int(half >> 10 & 31) - 15, significand: 1)
      let value = magnitude * (1 + Double(half & 1023) / 1024)
      return half >> 15 == 1 ? -value : value
    }
  }

  /// A row's product with activations, and the sum of the magnitudes of its terms.
  func product(_ output: Int, _ x: ArraySlice<Float>) -> (sum: Double, magnitude: Double) {
    var (sum, magnitude) = (0.0, 0.0)
    for (column, x) in x.enumerated() {
      let term = weight(output, column) * Double(x)
      sum += term
      magnitude += abs(term)
    }
    return (sum, magnitude)
  }
}

/// The products of every instruction set that this processor has.
///
/// Sendable because the table is constant and so is the name that it points to.
struct ProductKernels: CustomTestStringConvertible, @unchecked Sendable {
  let table: halftone_products

  static let all = [
    HALFTONE_ISA_SCALAR, HALFTONE_ISA_AVX2, HALFTONE_ISA_AVX512, HALFTONE_ISA_NEON,
  ].compactMap { halftone_products_for($0).map { ProductKernels(table: $0.pointee) } }

  var testDescription: String { String(cString: table.name) }

  /// Rows of outputs for each of `states` rows of activations.
  ///
  /// - Parameter cuts: where the rows are divided among calls; nil for one call.
  func multiply(
    _ rows: CodedRows, _ x: [Float], states: Int, isFast: Bool, cuts: [Int]? = nil,
    addingTo sum: Float? = nil
  ) -> [Float] {
    var out = [Float](repeating: sum ?? .nan, count: states * rows.rowCount)
    let columns = rows.columns
    let size = isFast ? halftone_state_bytes(columns) : 4 * halftone_arranged_count(columns)
    let arranged = UnsafeMutableRawPointer.allocate(byteCount: states * size, alignment: 4)
    defer { arranged.deallocate() }
    let cuts = cuts ?? [0, rows.rowCount]
    rows.table.withUnsafeBufferPointer { values in
      rows.scales.withUnsafeBufferPointer { scales in
        rows.zeros.withUnsafeBufferPointer { zeros in
          rows.codes.withUnsafeBytes { codes in
            let hasScales = rows.kind.hasFastProducts
            var weights = halftone_coded_rows(
              kind: rows.kind.code, columns: columns, block: hasScales ? rows.block : columns,
              codes: codes.baseAddress, scales: hasScales ? scales.baseAddress : nil,
              zeros: rows.kind == .affine ? zeros.baseAddress : nil, table: values.baseAddress,
              factor: rows.factor)
            for state in 0..<states {
              x.withUnsafeBufferPointer { x in
                let (from, to) = (
                  x.baseAddress.unsafelyUnwrapped + state * columns, arranged + state * size
                )
                if isFast {
                  table.quantize_state(&weights, from, to)
                } else {
                  table.arrange(&weights, from, to.assumingMemoryBound(to: Float.self))
                }
              }
            }
            out.withUnsafeMutableBufferPointer { out in
              for (first, end) in zip(cuts, cuts.dropFirst()) {
                let place = out.baseAddress.unsafelyUnwrapped + first
                if isFast {
                  table.multiply_fast(
                    &weights, first, end - first, arranged, states, place, rows.rowCount,
                    sum == nil ? 0 : 1)
                } else {
                  table.multiply_exact(
                    &weights, first, end - first, arranged.assumingMemoryBound(to: Float.self),
                    states, place, rows.rowCount, sum == nil ? 0 : 1)
                }
              }
            }
          }
        }
      }
    }
    return out
  }
}

extension CodedRows.Kind {
  var code: halftone_code_kind {
    switch self {
    case .lookup: HALFTONE_CODES_LOOKUP4
    case .affine: HALFTONE_CODES_UINT4
    case .bytes: HALFTONE_CODES_INT8
    case .bf16: HALFTONE_CODES_BF16
    case .f16: HALFTONE_CODES_F16
    }
  }
}
