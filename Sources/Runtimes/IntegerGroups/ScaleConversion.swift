// SPDX-License-Identifier: Apache-2.0

import CKernels
import Tensors

/// Scales of one type as those of another, where that changes nothing.
enum ScaleConversion {
  /// The stored scales as fp32, exactly.
  static func floats(_ bytes: UnsafeRawBufferPointer, of type: ElementType) -> [Float] {
    [Float](unsafeUninitializedCapacity: bytes.count * 8 / type.bitWidth) { buffer, count in
      _ = ElementConversion.widen(bytes, of: type, into: buffer)
      count = bytes.count * 8 / type.bitWidth
    }
  }

  /// The bits of the number in F16 or BF16; nil where it would be rounded.
  static func exact(_ scale: Float, as type: ElementType) -> UInt16? {
    let bits = nearest(scale, as: type)
    let back =
      type == .bf16
      ? Float(bitPattern: UInt32(bits) << 16) : ElementConversion.float(half: bits)
    return back == scale ? bits : nil
  }

  /// The bits of the nearest number in F16 or BF16.
  static func nearest(_ scale: Float, as type: ElementType) -> UInt16 {
    var (source, bits) = (scale, UInt16(0))
    if type == .bf16 {
      Kernels.active.table.narrow_bf16(&source, 1, &bits)
    } else {
      Kernels.active.table.narrow_f16(&source, 1, &bits)
    }
    return bits
  }
}
