// SPDX-License-Identifier: Apache-2.0

import Tensors

/// What a scheme of floating-point codes is: how a block's largest magnitude becomes its scale, and how
/// the scales are stored.
///
/// Unlike the blocks of a ``BlockCodec``, these lie in rows, and scales are small numbers themselves.
package protocol FloatGrid: Sendable {
  /// The scheme's name.
  static var name: String { get }
  /// Bits per code: 4 for E2M1, of which a byte holds two, the first in its low half; 8 for E4M3.
  static var codeBits: Int { get }
  /// Weights per block; nil where a row is a block.
  static var blockSize: Int? { get }
  /// Whether the scales are scaled by a number of the whole tensor, which is known after a scan.
  static var hasTensorScale: Bool { get }

  /// Whether a weight halfway between two E2M1 codes gets that of the smaller magnitude, and whatever
  /// becomes 0 code 0; else the even code, and zeros keep their sign.
  static var tiesGoToZero: Bool { get }

  /// What a scale is stored as.
  func scaleType(for weights: ElementType) -> ElementType

  /// How a stored scale becomes the number that its weights are multiplied with.
  ///
  /// - Parameters:
  ///   - scales: refers to the stored scales.
  ///   - tensorScale: refers to the tensor's number, if there is one.
  func operand(scales: Int, tensorScale: Int?) -> Encoding

  /// The largest magnitude of several tensors that share one number; nil where each has its own.
  var sharedMaximum: (@Sendable () throws -> Float)? { get }

  /// The tensor's number.
  ///
  /// - Parameter maximum: the largest magnitude of all weights, finite.
  func tensorScale(of maximum: Float, weights: ElementType) -> Float

  /// Chooses the scales of some blocks.
  ///
  /// - Parameters:
  ///   - numbers: holds the blocks' largest magnitudes; receives the numbers that a reader makes of the
  ///     stored scales.
  ///   - weights: the type of the weights.
  ///   - stored: receives the scales as ``scaleType(for:)``.
  func chooseScales(
    _ numbers: UnsafeMutablePointer<Float>, count: Int, tensorScale: Float, weights: ElementType,
    stored: UnsafeMutableRawPointer)
}

extension FloatGrid {
  package static var hasTensorScale: Bool { false }

  package static var tiesGoToZero: Bool { false }

  package var sharedMaximum: (@Sendable () throws -> Float)? { nil }

  package func operand(scales: Int, tensorScale: Int?) -> Encoding { Encoding(component: scales) }

  package func tensorScale(of maximum: Float, weights: ElementType) -> Float { 1 }
}
