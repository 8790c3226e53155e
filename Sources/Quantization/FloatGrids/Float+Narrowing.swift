// SPDX-License-Identifier: Apache-2.0

import CKernels
import Tensors

extension Float {
  /// The nearest number of F16 or BF16, halves to even; itself for F32.
  func rounded(to type: ElementType) -> Float {
    var (number, result) = (self, self)
    var half: UInt16 = 0
    let kernels = Kernels.active.table
    switch type {
    case .bf16:
      kernels.narrow_bf16(&number, 1, &half)
      kernels.widen_bf16(&half, 1, &result)
    case .f16:
      kernels.narrow_f16(&number, 1, &half)
      kernels.widen_f16(&half, 1, &result)
    default: break
    }
    return result
  }
}

extension UnsafeMutablePointer<Float> {
  /// Stores numbers as E4M3 and replaces them by what was stored.
  func storeE4M3(_ count: Int, into stored: UnsafeMutableRawPointer) {
    let grids = Kernels.active.grids
    let codes = stored.assumingMemoryBound(to: UInt8.self)
    let one: Float = 1
    withUnsafePointer(to: one) { one in
      grids.encode_e4m3(self, count, Swift.max(1, count), one, codes)
      grids.decode_e4m3(codes, count, Swift.max(1, count), one, self)
    }
  }
}
