// SPDX-License-Identifier: Apache-2.0

import CKernels
import Quantization
import Tensors

extension ErrorStatistics {
  /// Sums over the first `count` numbers of two buffers that have at least so many.
  init(
    comparing weights: UnsafeMutableBufferPointer<Float>,
    with restored: UnsafeMutableBufferPointer<Float>, count: Int
  ) {
    var sums = halftone_error_sums()
    guard halftone_kernels_for(HALFTONE_ISA_SCALAR) != nil else {
      self.init()
      self.count = count
      for i in 0..<count {
        let (x, y) = (weights[i], restored[i])
        weightEnergy += Double(x) * Double(x)
        restoredEnergy += Double(y) * Double(y)
        errorEnergy += Double(x - y) * Double(x - y)
        maximumAbsoluteError = max(maximumAbsoluteError, abs(x - y))
      }
      return
    }
    Kernels.active.table.error_sums(weights.baseAddress, restored.baseAddress, count, &sums)
    self.init(sums, count: count)
  }
}
