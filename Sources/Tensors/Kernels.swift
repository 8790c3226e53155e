// SPDX-License-Identifier: Apache-2.0

import CKernels

/// The kernels in use: the one door to the C code that depends on the processor.
///
/// Sendable, for the table is constant once it is chosen.
package struct Kernels: @unchecked Sendable {
  /// The table of functions; `CKernels.h` states each one's contract.
  package let table: halftone_kernels
  /// The functions of the floating-point code grids; `grid_kernels.h` states each one's contract.
  package let grids: halftone_grids
  /// The encoders of GGUF's block types; `block_kernels.h` states their contract.
  package let blockEncoders: halftone_block_encoders

  /// The kernels for this processor, or those that `HALFTONE_ISA` names.
  ///
  /// Where `HALFTONE_ISA` names a set that is not available, these are the portable ones; a program
  /// calls ``requireAvailable()`` first and so never gets that far.
  package static let active = Kernels(
    table: (halftone_kernels_active() ?? halftone_kernels_for(HALFTONE_ISA_SCALAR)).pointee,
    grids: (halftone_grids_active() ?? halftone_grids_for(HALFTONE_ISA_SCALAR)).pointee,
    blockEncoders: (halftone_block_encoders_active()
      ?? halftone_block_encoders_for(HALFTONE_ISA_SCALAR)).pointee)

  /// The name of the instruction set: `scalar`, `avx2`, `avx512` or `neon`.
  package var instructionSet: String { String(cString: table.name) }

  /// Checks that the set that `HALFTONE_ISA` names, if any, is one that this processor has.
  ///
  /// - Throws: ``KernelError/unavailable``.
  package static func requireAvailable() throws {
    if halftone_kernels_active() == nil { throw KernelError.unavailable }
  }

  /// The CRC-32C of some bytes, continuing from `crc` (0 to begin).
  package func crc32c(_ bytes: UnsafeRawBufferPointer, continuing crc: UInt32 = 0) -> UInt32 {
    table.crc32c(crc, bytes.baseAddress, bytes.count)
  }

  /// Has the pages of some bytes of a mapped file mapped, so that they can be fetched ahead of their use.
  package static func touch(_ bytes: UnsafeRawBufferPointer) {
    halftone_touch(bytes.baseAddress, bytes.count)
  }

  /// Asks the memory for bytes that will be read soon; they need not exist.
  package static func prefetch(_ start: UnsafeRawPointer, byteCount: Int) {
    halftone_prefetch(start, byteCount)
  }

  /// The CRC-32C of two runs of bytes one after the other, from the CRC of each.
  package static func combineCRC32C(
    _ first: UInt32, _ second: UInt32, secondByteCount: Int
  ) -> UInt32 {
    halftone_crc32c_combine(first, second, UInt64(secondByteCount))
  }
}

/// Why no kernels could be chosen.
package enum KernelError: Error, Equatable, CustomStringConvertible {
  /// `HALFTONE_ISA` must name an instruction set of this processor.
  case unavailable

  package var description: String {
    "HALFTONE_ISA names an instruction set that this processor lacks or that does not exist; "
      + "use scalar, avx2, avx512 or neon, or unset it"
  }
}
