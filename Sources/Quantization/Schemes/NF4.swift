// SPDX-License-Identifier: Apache-2.0

import CKernels
import Tensors

/// 4-bit NormalFloat, one absolute maximum per block.
///
/// `formats/encodings.md`, "nf4".
struct NF4: CodebookCodec {
  static let name = "nf4"
  static let codebook = Codebook.nf4

  func encode(_ chunk: Chunk, into codes: UnsafeMutableRawPointer, scratch: Scratch) {
    Kernels.active.table.encode_nf4(
      chunk.weights, chunk.count, chunk.block, chunk.scales,
      codes.assumingMemoryBound(to: UInt8.self))
  }

  func quantize(
    _ weights: UnsafeRawPointer, _ elementType: ElementType, count: Int, block: Int,
    scales: UnsafeMutablePointer<Float>, codes: UnsafeMutableRawPointer,
    sums: inout halftone_error_sums
  ) -> Bool? {
    guard elementType == .bf16 else { return nil }
    return Kernels.active.table.quantize_nf4_bf16(
      weights.assumingMemoryBound(to: UInt16.self), count, block, scales,
      codes.assumingMemoryBound(to: UInt8.self), &sums) == 0
  }
}
