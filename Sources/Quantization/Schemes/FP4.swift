// SPDX-License-Identifier: Apache-2.0

import CKernels
import Tensors

/// 4-bit float by the rule of bitsandbytes' GPU kernels.
///
/// `formats/encodings.md`, "fp4".
struct FP4: CodebookCodec {
  static let name = "fp4"
  static let codebook = Codebook.fp4

  func encode(_ chunk: Chunk, into codes: UnsafeMutableRawPointer, scratch: Scratch) {
    Kernels.active.table.encode_fp4(
      chunk.weights, chunk.count, chunk.block, chunk.scales,
      codes.assumingMemoryBound(to: UInt8.self))
  }
}
