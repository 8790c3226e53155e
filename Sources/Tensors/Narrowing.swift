// SPDX-License-Identifier: Apache-2.0

import CKernels

extension UnsafeMutableBufferPointer<Float> {
  /// The numbers as F32, BF16 or F16, rounded to nearest even, in the same memory.
  ///
  /// - Parameter type: one that is quantizable.
  package func narrowed(to type: ElementType) -> UnsafeRawBufferPointer {
    guard type != .f32, let base = baseAddress else {
      return UnsafeRawBufferPointer(UnsafeMutableRawBufferPointer(self))
    }
    let kernels = Kernels.active.table
    let halves = UnsafeMutablePointer<UInt16>.allocate(capacity: count)
    defer { halves.deallocate() }
    if type == .bf16 {
      kernels.narrow_bf16(base, count, halves)
    } else {
      kernels.narrow_f16(base, count, halves)
    }
    let bytes = UnsafeMutableRawBufferPointer(self)
    bytes.copyMemory(from: UnsafeRawBufferPointer(start: halves, count: 2 * count))
    return UnsafeRawBufferPointer(rebasing: bytes[..<(2 * count)])
  }
}
