// SPDX-License-Identifier: Apache-2.0

import CKernels
import TestSupport
import Testing

/// The bound of `product_kernels.h` for sums, in units of `roundoff` times the sum of magnitudes; the
/// dequantized weight and its scale are each rounded once more on either side.
private func sumBound(_ columns: Int) -> Double { Double(columns) / 8 + 64 + 2 }
/// An activation that is rounded to a byte is off by half a step, and the step by a few roundoffs.
private let stepShare = 0.5 * (1 + 16 * roundoff)
/// A table value that is rounded is off by 1/254 of the largest.
private let tableShare = (1 + 16 * roundoff) / 254

/// Sums of the same whole numbers, of which some tens are added in another order: what each addition
/// loses is some ten thousandths of this.
private let orderTolerance: Float = 1e-5

@Suite struct ProductKernelTests {
  /// Around groups of 32 and 64 and vectors of 8; the last are whole rows of odd lengths.
  static let shapes: [(columns: Int, block: Int)] = [
    (64, 64), (128, 64), (32, 32), (96, 32), (160, 32), (256, 128), (1024, 64), (4096, 4096),
    (2, 2), (6, 2), (32, 16), (48, 16), (224, 16), (80, 80), (192, 96),
  ]
  static let byteShapes = shapes + [(1, 1), (7, 7), (33, 33), (100, 100), (1027, 1027), (24, 8)]
  static let stateCounts = [1, 2, 3, 5]

  @Test(arguments: ProductKernels.all, CodedRows.Kind.allCases)
  func `exact products are those of the dequantized weights`(
    kernels: ProductKernels, kind: CodedRows.Kind
  ) {
    for (columns, block) in kind.isFourBit ? Self.shapes : Self.byteShapes {
      let rows = CodedRows(kind, rowCount: 5, columns: columns, block: block)
      for states in Self.stateCounts {
        let x = row(states * columns, seed: 9)
        let out = kernels.multiply(rows, x, states: states, isFast: false)
        for state in 0..<states {
          for output in 0..<rows.rowCount {
            let (sum, magnitude) = rows.product(output, x[state * columns..<(state + 1) * columns])
            let error = abs(Double(out[state * rows.rowCount + output]) - sum)
            #expect(
              error <= sumBound(columns) * roundoff * magnitude,
              "\(columns) in blocks of \(block), state \(state) of \(states), row \(output)")
          }
        }
      }
    }
  }

  @Test(arguments: ProductKernels.all, [CodedRows.Kind.lookup, .affine, .bytes])
  func `fast products are off by what rounding to bytes may cost`(
    kernels: ProductKernels, kind: CodedRows.Kind
  ) {
    for (columns, block) in kind.isFourBit ? Self.shapes : Self.byteShapes {
      let rows = CodedRows(kind, rowCount: 5, columns: columns, block: block)
      for states in [1, 6] {
        let x = row(states * columns, seed: 9)
        let out = kernels.multiply(rows, x, states: states, isFast: true)
        for state in 0..<states {
          let x = x[state * columns..<(state + 1) * columns]
          for output in 0..<rows.rowCount {
            let (sum, magnitude) = rows.product(output, x)
            let error = abs(Double(out[state * rows.rowCount + output]) - sum)
            let bound =
              rows.fastBound(output, x) + sumBound(columns) * roundoff * 31 * (magnitude + 1)
            #expect(error <= bound, "\(columns) in blocks of \(block), row \(output)")
          }
        }
      }
    }
  }

  /// Around passes of 32 rows and 2048 columns; the last have blocks that go beyond a pass.
  @Test(
    arguments: ProductKernels.all,
    [
      (1, 64, 32), (9, 128, 64), (37, 192, 96), (18, 2112, 64), (33, 2048, 1024), (5, 4160, 4160),
      (35, 2112, 16),
    ])
  func `fast products with many rows of activations are those with each of them`(
    kernels: ProductKernels, shape: (rowCount: Int, columns: Int, block: Int)
  ) {
    let states = 7
    for kind in [CodedRows.Kind.lookup, .affine, .bytes] {
      let rows = CodedRows(
        kind, rowCount: shape.rowCount, columns: shape.columns, block: shape.block)
      let x = row(states * shape.columns, seed: 3)
      let together = kernels.multiply(rows, x, states: states, isFast: true)
      let apart = (0..<states).flatMap { state in
        kernels.multiply(
          rows, Array(x[state * shape.columns..<(state + 1) * shape.columns]), states: 1,
          isFast: true)
      }
      let largest = apart.reduce(0) { max($0, abs($1)) }
      let error = zip(together, apart).reduce(0) { max($0, abs($1.0 - $1.1)) }
      #expect(error <= orderTolerance * largest, "\(kind)")
      let parts = kernels.multiply(
        rows, x, states: states, isFast: true, cuts: [0, shape.rowCount / 2, shape.rowCount])
      #expect(parts == together, "\(kind), rows divided")
    }
  }

  @Test(arguments: ProductKernels.all)
  func `rounding hides no NaN and makes none of activations too small for a step`(
    kernels: ProductKernels
  ) {
    let rows = CodedRows(.bytes, rowCount: 1, columns: 96, block: 32)
    var x = [Float](repeating: 0x1p-140, count: 96)
    #expect(kernels.multiply(rows, x, states: 1, isFast: true) == [0])
    for value in [Float.nan, .infinity] {
      x[40] = value
      #expect(!kernels.multiply(rows, x, states: 1, isFast: true)[0].isFinite)
    }
  }

  @Test(arguments: ProductKernels.all, CodedRows.Kind.allCases)
  func `a row's product is the same bits whichever rows are computed with it`(
    kernels: ProductKernels, kind: CodedRows.Kind
  ) {
    let rows = CodedRows(kind, rowCount: 7, columns: 192, block: 64)
    let x = row(192, seed: 4)
    for isFast in kind.hasFastProducts ? [false, true] : [false] {
      let all = kernels.multiply(rows, x, states: 1, isFast: isFast)
      let parts = kernels.multiply(rows, x, states: 1, isFast: isFast, cuts: [0, 1, 4, 7])
      #expect(all == parts)
    }
  }

  @Test(arguments: ProductKernels.all, CodedRows.Kind.allCases)
  func `a product can be added to what is there`(kernels: ProductKernels, kind: CodedRows.Kind) {
    let rows = CodedRows(kind, rowCount: 3, columns: 64, block: 64)
    let x = row(64, seed: 4)
    for isFast in kind.hasFastProducts ? [false, true] : [false] {
      let plain = kernels.multiply(rows, x, states: 1, isFast: isFast)
      let added = kernels.multiply(rows, x, states: 1, isFast: isFast, addingTo: 2)
      #expect(added == plain.map { 2 + $0 })
    }
  }

  @Test(arguments: ProductKernels.all)
  func `activations of nothing but zeros give zero`(kernels: ProductKernels) {
    for kind in [CodedRows.Kind.lookup, .affine, .bytes] {
      let rows = CodedRows(kind, rowCount: 3, columns: 128, block: 64)
      let zeros = [Float](repeating: 0, count: 128)
      #expect(kernels.multiply(rows, zeros, states: 1, isFast: true) == [0, 0, 0])
    }
  }
}

extension CodedRows {
  /// What rounding activations, and a table, may change in one product.
  func fastBound(_ output: Int, _ x: ArraySlice<Float>) -> Double {
    let x = Array(x)
    let largestValue = Double(table.map { abs($0) }.max() ?? 0)
    var bound = 0.0
    for start in stride(from: 0, to: columns, by: 32) {
      let group = start..<min(start + 32, columns)
      let step = Double(x[group].map { abs($0) }.max() ?? 0) / 127
      for column in group {
        bound += stepShare * step * abs(weight(output, column))
        guard kind == .lookup else { continue }
        let scale = abs(Double(scales[(output * columns + column) / block]))
        bound += tableShare * largestValue * scale * (abs(Double(x[column])) + step)
      }
    }
    return bound
  }
}
