// SPDX-License-Identifier: Apache-2.0

import CKernels
import Tensors

/// What a block-wise scheme is: how scales are chosen, weights become codes, and codes weights.
///
/// All pointers are to one chunk: `count` weights in blocks of `block`, of which the last may be short;
/// `scales` (and `zeros`, where the codec has them) hold one number per block.
package protocol BlockCodec: Sendable {
  /// The scheme's name.
  static var name: String { get }
  /// Bits per code, 4 or 8.
  static var codeBits: Int { get }
  /// What the codes are stored as: U8 for packed nibbles, I8.
  static var codeType: ElementType { get }
  /// What `scales` are: absolute maxima may be quantized a second time.
  static var scalesAreAbsoluteMaxima: Bool { get }
  /// Whether blocks have a zero point, a whole number from 0 to 15, too.
  static var hasZeros: Bool { get }
  /// Whether a block is a row, whatever its length.
  static var blocksAreRows: Bool { get }
  /// Components that are the same for every tensor, in the order in which ``steps`` gets them.
  static var constants: [TensorLayout.Component] { get }

  /// The steps that turn codes into weights.
  ///
  /// - Parameters:
  ///   - scales: how the scales are stored.
  ///   - zeros: how the zero points are stored, if there are any.
  ///   - constants: the positions of ``constants`` among the tensor's components.
  static func steps(
    scales: Encoding, zeros: Encoding?, constants: [Int], block: Int
  ) -> [Encoding.Step]

  /// Chooses the scales of a chunk. Returns false where a weight is NaN or infinite.
  func chooseScales(_ chunk: Chunk, scratch: Scratch) -> Bool
  /// Encodes a chunk by its scales.
  func encode(_ chunk: Chunk, into codes: UnsafeMutableRawPointer, scratch: Scratch)
  /// Does everything for some weights in one pass, where there is a kernel for it: scales, codes and
  /// error. Returns nil where there is none, and false where a weight is NaN or infinite.
  ///
  /// - Parameter weights: their stored bytes, of type `elementType`, `count` of them.
  func quantize(
    _ weights: UnsafeRawPointer, _ elementType: ElementType, count: Int, block: Int,
    scales: UnsafeMutablePointer<Float>, codes: UnsafeMutableRawPointer,
    sums: inout halftone_error_sums
  ) -> Bool?
  /// Restores a chunk's weights.
  func decode(_ codes: UnsafeRawPointer, _ chunk: Chunk, into restored: UnsafeMutablePointer<Float>)
}

extension BlockCodec {
  package static var hasZeros: Bool { false }
  package static var blocksAreRows: Bool { false }
  package static var scalesAreAbsoluteMaxima: Bool { true }
  package static var constants: [TensorLayout.Component] { [] }

  package func quantize(
    _ weights: UnsafeRawPointer, _ elementType: ElementType, count: Int, block: Int,
    scales: UnsafeMutablePointer<Float>, codes: UnsafeMutableRawPointer,
    sums: inout halftone_error_sums
  ) -> Bool? { nil }
}

/// A chunk of weights on the way through a codec.
package struct Chunk {
  package let weights: UnsafePointer<Float>
  package let count: Int
  package let block: Int
  package let scales: UnsafeMutablePointer<Float>
  package let zeros: UnsafeMutablePointer<Float>

  /// The number of blocks.
  package var blockCount: Int { (count + block - 1) / block }

  /// The same weights with other scales.
  func with(scales: UnsafeMutablePointer<Float>) -> Chunk {
    Chunk(weights: weights, count: count, block: block, scales: scales, zeros: zeros)
  }
}
