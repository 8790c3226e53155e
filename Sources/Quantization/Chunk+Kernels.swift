// SPDX-License-Identifier: Apache-2.0

import CKernels
import Tensors

extension Chunk {
  /// Makes each block's largest magnitude its scale.
  ///
  /// Returns false at a NaN or infinity.
  func chooseAbsoluteMaxima() -> Bool {
    Kernels.active.table.absmax(weights, count, block, scales) == 0
  }

  /// Restores weights as codebook value × scale from packed four-bit codes.
  func lookUp(
    _ codes: UnsafeRawPointer, in codebook: [Float], into restored: UnsafeMutablePointer<Float>
  ) {
    Kernels.active.table.decode_lookup4(
      codes.assumingMemoryBound(to: UInt8.self), count, block, codebook, scales, restored)
  }
}
