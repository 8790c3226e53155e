// SPDX-License-Identifier: Apache-2.0

import Tensors

/// Scales of any type as F32, exactly.
struct WidenedScales: FrameArrangement {
  let from: ElementType

  func arrange(
    _ frame: UnsafeRawBufferPointer, at offset: Int,
    write: (UnsafeRawBufferPointer, Int) throws -> Void
  ) throws {
    let numbers = ScaleConversion.floats(frame, of: from)
    try numbers.withUnsafeBytes { try write($0, offset * 32 / from.bitWidth) }
  }
}

/// An F32 number as one over it, rounded: the tensor's number of NVFP4, where one runtime multiplies and
/// another divides by it.
struct Reciprocal: FrameArrangement {
  func arrange(
    _ frame: UnsafeRawBufferPointer, at offset: Int,
    write: (UnsafeRawBufferPointer, Int) throws -> Void
  ) throws {
    let numbers = ScaleConversion.floats(frame, of: .f32).map { 1 / $0 }
    try numbers.withUnsafeBytes { try write($0, offset) }
  }
}
