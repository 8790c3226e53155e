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
    Kernels.active.table.error_sums(weights.baseAddress, restored.baseAddress, count, &sums)
    self.init(sums, count: count)
  }
}
