// SPDX-License-Identifier: Apache-2.0

import CKernels
import Tensors

/// A block type: how many weights a block holds, in how many bytes, and what they are.
///
/// The fields of each are listed in `formats/gguf.md`. All arithmetic is fp32, each operation rounded
/// by itself and in the order of the reference implementation, so that weights are equal to its to
/// the bit.
protocol GGUFBlock: Sendable {
  /// The name that the format gives, in lower case.
  static var name: String { get }
  /// The container's number for it.
  static var id: UInt32 { get }
  static var weightCount: Int { get }
  static var byteCount: Int { get }

  /// Restores one block.
  ///
  /// - Parameters:
  ///   - block: `byteCount` bytes at any alignment.
  ///   - weights: receives `weightCount` numbers.
  static func decode(_ block: UnsafePointer<UInt8>, into weights: UnsafeMutablePointer<Float>)

  /// Restores `count` blocks that follow each other.
  static func decode(
    _ blocks: UnsafePointer<UInt8>, count: Int, into weights: UnsafeMutablePointer<Float>)

  /// The kernel that makes such blocks, or nil where none are made.
  static func encoder(in kernels: halftone_block_encoders) -> GGUFEncoderKernel?

  /// The kernel that makes them from bf16 weights in one pass, or nil where there is none.
  static func quantizer(in kernels: halftone_block_encoders) -> GGUFQuantizerKernel?
}

/// Encodes whole blocks: weights, number of blocks, bytes, and the weights as restored from them.
typealias GGUFEncoderKernel =
  @convention(c) (
    UnsafePointer<Float>?, Int, UnsafeMutablePointer<UInt8>?, UnsafeMutablePointer<Float>?
  ) -> Void

/// Encodes whole blocks of bf16 weights and adds up their errors: weights, number of blocks, bytes, sums.
///
/// Gives 1 where a weight or a scale is not finite, and what it stored then means nothing.
typealias GGUFQuantizerKernel =
  @convention(c) (
    UnsafePointer<UInt16>?, Int, UnsafeMutablePointer<UInt8>?,
    UnsafeMutablePointer<halftone_error_sums>?
  ) -> Int32

extension GGUFBlock {
  static func encoder(in kernels: halftone_block_encoders) -> GGUFEncoderKernel? { nil }

  static func quantizer(in kernels: halftone_block_encoders) -> GGUFQuantizerKernel? { nil }

  // A requirement with this default, so that the loop is compiled once for each type.
  static func decode(
    _ blocks: UnsafePointer<UInt8>, count: Int, into weights: UnsafeMutablePointer<Float>
  ) {
    for index in 0..<count {
      decode(blocks + index * byteCount, into: weights + index * weightCount)
    }
  }
}

extension UnsafePointer<UInt8> {
  /// The half-precision number at a byte.
  @inline(__always)
  func half(at offset: Int) -> Float {
    ElementConversion.float(half: UInt16(self[offset]) | UInt16(self[offset + 1]) << 8)
  }

  /// The two 4-bit codes of a byte: the low one for `half` 0, the high one for 1.
  @inline(__always)
  func nibble(_ offset: Int, half: Int) -> Int32 {
    Int32(self[offset] >> UInt8(truncatingIfNeeded: 4 &* half) & 15)
  }

  /// Two bits of a byte, the lowest for `part` 0.
  @inline(__always)
  func pair(_ offset: Int, part: Int) -> Int32 {
    Int32(self[offset] >> UInt8(truncatingIfNeeded: 2 &* part) & 3)
  }

  /// One bit of a byte, the lowest for `part` 0.
  @inline(__always)
  func bit(_ offset: Int, part: Int) -> Int32 {
    Int32(self[offset] >> UInt8(truncatingIfNeeded: part) & 1)
  }
}
