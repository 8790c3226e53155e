// SPDX-License-Identifier: Apache-2.0

import CKernels
import Foundation
import Testing

@Suite struct ExponentialTests {
  @Test(arguments: MathKernels.all)
  func `the exponential is within 2 ulp everywhere, subnormal results included`(
    kernels: MathKernels
  ) {
    // Every 1009th float of either sign up to where the result is infinite or zero.
    var x = stride(from: UInt32(0), to: Float(105).bitPattern, by: 1009).map {
      Float(bitPattern: $0)
    }
    x = x.filter { $0 < 88.72 } + x.map { -$0 }
    var y = [Float](repeating: .nan, count: x.count)
    kernels.table.exp_f32(x, x.count, &y)
    var worst = 0.0
    for (x, y) in zip(x, y) {
      let expected = exp(Double(x))
      let unit = Double(max(Float(expected), .leastNormalMagnitude).ulp)
      worst = max(worst, y.isNaN ? .infinity : abs(Double(y) - expected) / unit)
    }
    #expect(worst <= 2)
  }

  @Test(arguments: MathKernels.all)
  func `the exponential's extremes are exact`(kernels: MathKernels) {
    let x: [Float] = [0, -0.0, .infinity, -.infinity, 89, 1e30, -104, -1e30, .nan]
    var y = x
    kernels.table.exp_f32(x, x.count, &y)
    #expect(y.prefix(8) == [1, 1, .infinity, 0, .infinity, .infinity, 0, 0])
    #expect(y[8].isNaN)
  }

  @Test(arguments: MathKernels.all)
  func `a softmax is within its bound and sums to one`(kernels: MathKernels) {
    for n in MathKernels.lengths {
      for scale: Float in [1, 0.125, -3, 0] {
        let logits = row(n, in: -20...20)
        var p = logits
        var maximum: Float = .nan
        kernels.table.softmax_row(&p, n, scale, -.infinity, &maximum)
        let scaled = logits.map { Double($0) * Double(scale) }
        let largest = scaled.max() ?? 0
        #expect(maximum == logits.map { $0 * scale }.max())
        let sum = scaled.reduce(0) { $0 + exp($1 - largest) }
        let bound = (8 + 4 * (scaled.map(abs).max() ?? 0)) * roundoff
        let worst = zip(p, scaled).map { p, z in
          let expected = exp(z - largest) / sum
          return expected < 0x1p-126 ? 0 : relativeError(p, expected)
        }.max()
        #expect((worst ?? 0) <= bound, "n \(n), scale \(scale)")
      }
    }
  }

  @Test(arguments: MathKernels.all)
  func `masked logits get no probability`(kernels: MathKernels) {
    var some: [Float] = [1, -.infinity, 1, -.infinity, -.infinity]
    kernels.table.softmax_row(&some, 5, 1, -.infinity, nil)
    #expect(some == [0.5, 0, 0.5, 0, 0])
    var none = [Float](repeating: -.infinity, count: 11)
    var maximum: Float = 0
    kernels.table.softmax_row(&none, 11, 1, -.infinity, &maximum)
    #expect(none == [Float](repeating: 0, count: 11))
    #expect(maximum == -.infinity)
  }

  @Test(arguments: MathKernels.all)
  func `a softmax hides no NaN`(kernels: MathKernels) {
    let rows: [[Float]] = [[.nan, .nan], [.nan, -.infinity], [1, .nan, 2], [-.infinity, .nan]]
    for row in rows {
      for sink: Float in [-.infinity, 0] {
        var p = row
        kernels.table.softmax_row(&p, p.count, 1, sink, nil)
        #expect(p.allSatisfy { $0.isNaN }, "\(row), sink \(sink)")
      }
    }
  }

  @Test(arguments: MathKernels.all)
  func `a sink takes its share of a softmax`(kernels: MathKernels) {
    for n in MathKernels.lengths {
      // Below, among and above the logits.
      for sink: Float in [-50, 3, 50] {
        let logits = row(n, in: -20...20)
        var p = logits
        var maximum: Float = .nan
        kernels.table.softmax_row(&p, n, 0.5, sink, &maximum)
        let scaled = logits.map { Double($0) * 0.5 } + [Double(sink)]
        let largest = scaled.max() ?? 0
        #expect(Double(maximum) == largest)
        let sum = scaled.reduce(0) { $0 + exp($1 - largest) }
        let bound = (8 + 4 * 20) * roundoff
        for (p, z) in zip(p, scaled) {
          #expect(relativeError(p, exp(z - largest) / sum) <= bound, "n \(n), sink \(sink)")
        }
      }
    }
    var alone: [Float] = [-.infinity, -.infinity]
    kernels.table.softmax_row(&alone, 2, 1, 0, nil)
    #expect(alone == [0, 0])
  }

  @Test(arguments: MathKernels.all)
  func `log-sum-exp is stable and accurate in double`(kernels: MathKernels) {
    for n in MathKernels.lengths {
      for offset: Float in [0, 1e4, -1e4] {
        let x = row(n).map { $0 + offset }
        let reference = x.reduce(0) { $0 + exp(Double($1) - Double(offset)) }
        let sum = exp(kernels.table.log_sum_exp(x, n) - Double(offset))
        // Beside the kernel's own error, that of subtracting the offset from a double.
        #expect(relativeError(sum, reference) <= 1e-11, "n \(n), offset \(offset)")
      }
    }
    #expect(kernels.table.log_sum_exp([], 0) == -.infinity)
    #expect(kernels.table.log_sum_exp([-.infinity, -.infinity], 2) == -.infinity)
    #expect(kernels.table.log_sum_exp([-.infinity, 3], 2) == 3)
  }

  @Test(arguments: MathKernels.all)
  func `a row has no divergence from itself`(kernels: MathKernels) {
    for n in MathKernels.lengths {
      var x = row(n, in: -30...30)
      x[n / 2] = -.infinity
      x[0] = 1
      let sum = kernels.table.log_sum_exp(x, n)
      #expect(kernels.table.kl_row(x, x, n, sum, sum) == 0)
    }
  }

  @Test(arguments: MathKernels.all)
  func `a small divergence is accurate`(kernels: MathKernels) {
    for n in MathKernels.lengths.dropFirst() {
      let a = row(n)
      let b = zip(a, row(n, in: -1e-3...1e-3, seed: 2)).map { $0 + $1 }
      let lseA = log(a.reduce(0) { $0 + exp(Double($1)) })
      let lseB = log(b.reduce(0) { $0 + exp(Double($1)) })
      let expected = zip(a, b).reduce(0) { sum, pair in
        let la = Double(pair.0) - lseA
        return sum + exp(la) * (la - (Double(pair.1) - lseB))
      }
      let sumA = kernels.table.log_sum_exp(a, n)
      let sumB = kernels.table.log_sum_exp(b, n)
      #expect(abs(kernels.table.kl_row(a, b, n, sumA, sumB) - expected) <= 1e-13, "n \(n)")
    }
  }
}
