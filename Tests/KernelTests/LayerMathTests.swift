// SPDX-License-Identifier: Apache-2.0

import CKernels
import Foundation
import Testing

@Suite struct LayerMathTests {
  @Test(arguments: MathKernels.all)
  func `activations are within their bounds`(kernels: MathKernels) {
    for n in MathKernels.lengths {
      let x = row(n, in: -12...12)
      let up = row(n, seed: 3)
      var y = x
      kernels.table.silu_multiply(x, up, n, &y)
      for i in 0..<n {
        let expected = Double(x[i]) / (1 + exp(-Double(x[i]))) * Double(up[i])
        #expect(relativeError(y[i], expected) <= 8 * roundoff)
      }
      kernels.table.gelu_tanh(x, n, &y)
      for i in 0..<n {
        let v = Double(x[i])
        let expected = v / 2 * (1 + tanh((2 / Double.pi).squareRoot() * (v + 0.044715 * v * v * v)))
        #expect(abs(Double(y[i]) - expected) <= 16 * roundoff * max(abs(v), abs(expected)))
      }
    }
  }

  @Test(arguments: MathKernels.all)
  func `activations of huge inputs are finite`(kernels: MathKernels) {
    let x: [Float] = [1e30, -1e30, 200, -200, 0]
    var y = x
    kernels.table.silu_multiply(x, [1, 1, 1, 1, 1], 5, &y)
    #expect(y == [1e30, 0, 200, 0, 0])
    kernels.table.gelu_tanh([1e9, -1e9, 200, -200, 0], 5, &y)
    #expect(y == [1e9, 0, 200, 0, 0])
  }

  @Test(arguments: MathKernels.all)
  func `the exact GELU is within its bound`(kernels: MathKernels) {
    for n in MathKernels.lengths {
      let x = row(n, in: -15...15)
      var y = x
      kernels.table.gelu_erf(x, n, &y)
      for i in 0..<n {
        let v = Double(x[i])
        let expected = v / 2 * erfc(-v / 2.0.squareRoot())
        #expect(abs(Double(y[i]) - expected) <= 8 * roundoff * abs(v), "x \(x[i])")
      }
    }
    var y = [Float](repeating: 0, count: 6)
    kernels.table.gelu_erf([1e30, -1e30, 40, -40, 0, .nan], 6, &y)
    #expect(y[..<5] == [1e30, 0, 40, 0, 0])
    #expect(y[5].isNaN)
  }

  @Test(arguments: MathKernels.all)
  func `sigmoids are within their bounds`(kernels: MathKernels) {
    let (slope, limit): (Float, Float) = (1.702, 7)
    for n in MathKernels.lengths {
      let x = row(n, in: -12...12)
      let up = row(n, in: -12...12, seed: 3)
      var y = x
      kernels.table.sigmoid(x, n, &y)
      var silu = x
      kernels.table.silu(x, n, &silu)
      var clamped = x
      kernels.table.clamped_swiglu(x, up, n, slope, limit, &clamped)
      for i in 0..<n {
        let v = Double(x[i])
        #expect(relativeError(y[i], 1 / (1 + exp(-v))) <= 8 * roundoff)
        #expect(relativeError(silu[i], v / (1 + exp(-v))) <= 8 * roundoff)
        let gate = min(v, 7)
        let factor = min(max(Double(up[i]), -7), 7) + 1
        let expected = factor * gate / (1 + exp(-Double(slope) * gate))
        // The factor's own error counts where it nearly vanishes.
        let bound = (12 + 2 * abs(Double(slope) * gate)) * roundoff
        #expect(abs(Double(clamped[i]) - expected) <= bound * abs(expected) + 1e-30)
      }
    }
  }

  @Test(arguments: MathKernels.all)
  func `a soft cap is within its bound, small numbers included`(kernels: MathKernels) {
    for (range, cap) in [(-200...200 as ClosedRange<Float>, 50 as Float), (-0.01...0.01, 30)] {
      for n in MathKernels.lengths {
        let x = row(n, in: range)
        var y = x
        kernels.table.soft_cap(x, n, 0.25, cap, &y)
        for i in 0..<n {
          let expected = Double(cap) * tanh(0.25 * Double(x[i]) / Double(cap))
          #expect(relativeError(y[i], expected) <= 8 * roundoff, "x \(x[i])")
        }
      }
    }
    var y: [Float] = [0, 0, 0]
    kernels.table.soft_cap([1e30, -1e30, .nan], 3, 1, 30, &y)
    #expect(y[..<2] == [30, -30])
    #expect(y[2].isNaN)
  }

  @Test(arguments: MathKernels.all)
  func `what only selects or rounds once is exact`(kernels: MathKernels) {
    for n in MathKernels.lengths {
      let a = row(n, seed: 11)
      let b = row(n, seed: 12)
      var y = a
      kernels.table.relu(a, n, &y)
      #expect(y == a.map { max($0, 0) })
      kernels.table.clamp(a, n, 1.5, &y)
      #expect(y == a.map { min(max($0, -1.5), 1.5) })
      kernels.table.at_most(a, n, 1.5, &y)
      #expect(y == a.map { min($0, 1.5) })
      kernels.table.affine(a, n, 0.3, -1.25, &y)
      #expect(
        y
          == a.map { a in
            let product = 0.3 * a
            return product - 1.25
          })
      kernels.table.multiply(a, b, n, &y)
      #expect(y == zip(a, b).map { $0 * $1 })
      kernels.table.scale(a, n, 3, &y)
      #expect(y == a.map { 3 * $0 })
      kernels.table.scale_add(a, b, n, 0.3, &y)
      #expect(
        y
          == zip(a, b).map { a, b in
            let product = 0.3 * a
            return product + b
          })
    }
    var y: [Float] = [0]
    kernels.table.relu([.nan], 1, &y)
    #expect(y[0].isNaN)
    kernels.table.clamp([.nan], 1, 1, &y)
    #expect(y[0].isNaN)
    kernels.table.at_most([.nan], 1, 1, &y)
    #expect(y[0].isNaN)
  }

  @Test(arguments: MathKernels.all)
  func `normalizations are within their bounds`(kernels: MathKernels) {
    for n in MathKernels.lengths {
      let x = row(n, in: -3...5)
      let weight = row(n, seed: 4)
      let bias = row(n, seed: 5)
      let wide = x.map(Double.init)
      var y = x
      kernels.table.rms_norm(x, weight, n, 1e-5, &y)
      let root = (wide.reduce(0) { $0 + $1 * $1 } / Double(n) + Double(Float(1e-5))).squareRoot()
      for i in 0..<n {
        #expect(relativeError(y[i], wide[i] / root * Double(weight[i])) <= 4 * roundoff)
      }
      let mean = wide.reduce(0, +) / Double(n)
      let variance = wide.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(n)
      let deviation = (variance + Double(Float(1e-5))).squareRoot()
      kernels.table.layer_norm(x, weight, bias, n, 1e-5, &y)
      for i in 0..<n {
        let scaled = (wide[i] - mean) / deviation * Double(weight[i])
        let allowed =
          8 * roundoff
          * (abs(scaled) + abs(Double(bias[i])) + abs(mean / deviation * Double(weight[i])))
        #expect(abs(Double(y[i]) - scaled - Double(bias[i])) <= allowed)
      }
      var unbiased = x
      let zeros = [Float](repeating: 0, count: n)
      kernels.table.layer_norm(x, weight, zeros, n, 1e-5, &y)
      kernels.table.layer_norm(x, weight, nil, n, 1e-5, &unbiased)
      #expect(y == unbiased)
      let ones = [Float](repeating: 1, count: n)
      kernels.table.rms_norm(x, ones, n, 1e-5, &y)
      kernels.table.rms_norm(x, nil, n, 1e-5, &unbiased)
      #expect(y == unbiased)
      kernels.table.layer_norm(x, ones, bias, n, 1e-5, &y)
      kernels.table.layer_norm(x, nil, bias, n, 1e-5, &unbiased)
      #expect(y == unbiased)
    }
  }

  @Test(arguments: MathKernels.all)
  func `adding and rotating round as separate operations do`(kernels: MathKernels) {
    for n in MathKernels.lengths {
      let a = row(2 * n, seed: 6)
      let b = row(2 * n, seed: 7)
      var y = a
      kernels.table.add(y, b, 2 * n, &y)
      #expect(y == zip(a, b).map { $0 + $1 })
      y = a
      let angles = row(n, in: 0...6, seed: 8)
      let cosines = angles.map { cos($0) }
      let sines = angles.map { sin($0) }
      kernels.table.rotate_half(&y, cosines, sines, n)
      for i in 0..<n {
        let ac = a[i] * cosines[i]
        let bs = a[n + i] * sines[i]
        let bc = a[n + i] * cosines[i]
        let as_ = a[i] * sines[i]
        #expect(y[i] == ac - bs)
        #expect(y[n + i] == bc + as_)
      }
    }
  }

  @Test(arguments: MathKernels.all)
  func `a dot product is within its bound`(kernels: MathKernels) {
    for n in [0] + MathKernels.lengths {
      let a = row(n, seed: 9)
      let b = row(n, seed: 10)
      let products = zip(a, b).map { Double($0) * Double($1) }
      let bound = (Double(n) / 16 + 16) * roundoff * products.reduce(0) { $0 + abs($1) }
      #expect(abs(Double(kernels.table.dot(a, b, n)) - products.reduce(0, +)) <= bound)
    }
  }

  @Test(arguments: MathKernels.all)
  func `the first of equal maxima wins`(kernels: MathKernels) {
    for n in MathKernels.lengths {
      var x = row(n)
      for place in Set([0, n / 3, n / 2, n - 1]) {
        x[place] = 9
        x[n - 1] = 9
        #expect(kernels.table.argmax(x, n) == x.firstIndex(of: 9))
        x[place] = .nan
      }
    }
    #expect(kernels.table.argmax([], 0) == 0)
    #expect(kernels.table.argmax([.nan, .nan], 2) == 0)
    #expect(kernels.table.argmax([.nan, -.infinity], 2) == 1)
  }
}
