// SPDX-License-Identifier: Apache-2.0

import CKernels

/// Operations that the reference implementation puts together of several, each of which is rounded.
extension VectorMath {
  /// Numbers that go through all steps together, so that what is between them stays in the first-level
  /// cache.
  private static let pieceCount = 1024

  /// Calls `body` with pieces of `count` numbers and scratch memory for `copies` pieces.
  private func forPieces(
    of count: Int, copies: Int,
    _ body: (_ range: Range<Int>, _ scratch: UnsafeMutablePointer<Float>) -> Void
  ) {
    let room = min(count, Self.pieceCount)
    guard room > 0 else { return }
    withUnsafeTemporaryAllocation(of: Float.self, capacity: copies * room) { scratch in
      guard let scratch = scratch.baseAddress else { return }
      for start in stride(from: 0, to: count, by: room) {
        body(start..<min(start + room, count), scratch)
      }
    }
  }

  /// `x = cap * tanh((scale * x) / cap)`
  func softCapInSteps(_ x: UnsafeMutablePointer<Float>, count: Int, scale: Float, cap: Float) {
    if scale != 1 { self.scale(x, by: scale, count: count) }
    self.scale(x, by: 1 / cap, count: count)
    tanh(x, count: count)
    self.scale(x, by: cap, count: count)
  }

  private func tanh(_ x: UnsafeMutablePointer<Float>, count: Int) {
    kernels.pointee.soft_cap(x, count, 1, 1, x)
    rounding.round(x, count: count)
  }

  /// `(a, b) = (a * cos + -b * sin, b * cos + a * sin)` for the halves `a` and `b` of `x`.
  func rotateInSteps(
    _ x: UnsafeMutablePointer<Float>, cosine: UnsafePointer<Float>, sine: UnsafePointer<Float>,
    pairs: Int
  ) {
    forPieces(of: pairs, copies: 4) { range, products in
      let count = range.count
      let (cosine, sine) = (cosine + range.lowerBound, sine + range.lowerBound)
      let (a, b) = (x + range.lowerBound, x + pairs + range.lowerBound)
      kernels.pointee.multiply(a, cosine, count, products)
      kernels.pointee.multiply(b, sine, count, products + count)
      kernels.pointee.multiply(b, cosine, count, products + 2 * count)
      kernels.pointee.multiply(a, sine, count, products + 3 * count)
      rounding.round(products, count: 4 * count)
      kernels.pointee.scale_add(products + count, products, count, -1, a)
      kernels.pointee.add(products + 2 * count, products + 3 * count, count, b)
      rounding.round(a, count: count)
      rounding.round(b, count: count)
    }
  }

  /// GELU by the hyperbolic tangent, in the order that `steps` names.
  func geluInSteps(_ steps: GELUSteps, _ x: UnsafeMutablePointer<Float>, count: Int) {
    let root: Float = 0.7978845608028654
    let cubic: Float = 0.044715
    forPieces(of: count, copies: 1) { range, inner in
      let (x, count) = (x + range.lowerBound, range.count)
      inner.update(from: x, count: count)
      switch steps {
      case .cubed:
        cube(inner, count: count)
        scale(inner, by: cubic, count: count)
        add(x, to: inner, rows: 1, count: count, stride: count)
        scale(inner, by: root, count: count)
      case .factored:
        scale(inner, by: cubic, count: count)
        multiply(inner, by: x, count: count)
        scale(inner, by: 1, adding: 1, count: count)
        // The product of the factor and `x` is rounded before it meets the rest.
        withUnsafeTemporaryAllocation(of: Float.self, capacity: count) { scaled in
          guard let scaled = scaled.baseAddress else { return }
          scaled.update(from: x, count: count)
          scale(scaled, by: root, count: count)
          multiply(inner, by: scaled, count: count)
        }
      }
      tanh(inner, count: count)
      scale(inner, by: 1, adding: 1, count: count)
      scale(x, by: 0.5, count: count)
      multiply(x, by: inner, count: count)
    }
  }

  /// `x = x * x * x`: PyTorch rounds the square too in bf16, but not in fp16.
  private func cube(_ x: UnsafeMutablePointer<Float>, count: Int) {
    forPieces(of: count, copies: 1) { range, square in
      let (x, count) = (x + range.lowerBound, range.count)
      kernels.pointee.multiply(x, x, count, square)
      if rounding == .bf16 { rounding.round(square, count: count) }
      multiply(x, by: square, count: count)
    }
  }

  /// `gate = (up + 1) * (gate * sigmoid(slope * gate))`, both within the limit as
  /// ``Gating/clamped(slope:limit:)`` has it.
  func combineInSteps(
    _ gate: UnsafeMutablePointer<Float>, _ up: UnsafePointer<Float>, count: Int, slope: Float,
    limit: Float
  ) {
    forPieces(of: count, copies: 1) { range, factor in
      let (gate, count) = (gate + range.lowerBound, range.count)
      kernels.pointee.at_most(gate, count, limit, gate)
      factor.update(from: gate, count: count)
      scale(factor, by: slope, count: count)
      sigmoid(factor, count: count)
      multiply(gate, by: factor, count: count)
      kernels.pointee.clamp(up + range.lowerBound, count, limit, factor)
      scale(factor, by: 1, adding: 1, count: count)
      multiply(gate, by: factor, count: count)
    }
  }
}
