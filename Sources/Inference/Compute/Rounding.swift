// SPDX-License-Identifier: Apache-2.0

import CKernels
import Tensors

/// What fp32 numbers are rounded to, nearest first and of two equally near to the even one.
enum Rounding: Sendable, Hashable {
  case none
  case bf16
  /// Numbers from 65520 on become infinite.
  case f16

  /// Numbers that are rounded at a time; so many stay in the first-level cache.
  private static let pieceCount = 4096

  /// Rounds `count` numbers in place; they stay fp32.
  func round(_ x: UnsafeMutablePointer<Float>, count: Int) {
    guard self != .none, count > 0 else { return }
    let kernels = Kernels.active.table
    let room = min(count, Self.pieceCount)
    withUnsafeTemporaryAllocation(of: UInt16.self, capacity: room) { halves in
      guard let halves = halves.baseAddress else { return }
      for start in stride(from: 0, to: count, by: room) {
        let (piece, count) = (x + start, min(room, count - start))
        if self == .bf16 {
          kernels.narrow_bf16(piece, count, halves)
          kernels.widen_bf16(halves, count, piece)
        } else {
          kernels.narrow_f16(piece, count, halves)
          kernels.widen_f16(halves, count, piece)
        }
      }
    }
  }

  /// Rounds `count` numbers of each of `rows` rows, which are `stride` apart.
  func round(_ x: UnsafeMutablePointer<Float>, rows: Int, count: Int, stride: Int) {
    guard self != .none else { return }
    if stride == count { return round(x, count: rows * count) }
    for row in 0..<rows { round(x + row * stride, count: count) }
  }

  /// The nearest number.
  func rounded(_ x: Float) -> Float {
    var x = x
    round(&x, count: 1)
    return x
  }
}
