// SPDX-License-Identifier: Apache-2.0

import Tensors

/// Anything that tensors are written to, slab by slab and from several threads.
///
/// All tensors are declared first. Then the bytes of each component come in frames of one slab, in
/// three steps, so that many threads can work and the output does not depend on how they are scheduled:
/// ``prepare(_:of:index:coder:)`` (anywhere, any order), ``place(_:)`` (one after the other, in an
/// order that the caller fixes) and ``write(_:)`` (anywhere, but one thread at a time is enough).
/// Nothing appears under the output's name before ``finish(_:record:)``.
package protocol TensorSink: AnyObject, Sendable {
  /// Buffers for preparing, which hold a frame's bytes until they are used again; one thread's own.
  associatedtype Coder: AnyObject & Sendable
  /// A component's share of one slab, on its way.
  associatedtype Frame

  /// Whether the output records checksums of the files that are read.
  var recordsSources: Bool { get }

  func makeCoder() -> Coder

  /// Declares all tensors in the order in which they will be written, and writes their constants.
  ///
  /// - Returns: for each tensor, the sink's numbers of its components in layout order.
  /// - Throws: the sink's error, also where it can't hold a tensor.
  func declare(_ records: [TensorRecord]) throws -> [[Int]]

  /// Makes slab `index` of a component ready to be written; it may wait for slab 0.
  ///
  /// - Parameter bytes: valid until the frame is written.
  /// - Throws: the sink's error, or `CancellationError` after ``cancel()``.
  func prepare(
    _ bytes: UnsafeRawBufferPointer, of component: Int, index: Int, coder: Coder
  ) throws -> Frame

  /// Gives a frame its place. Frames that are placed in the same order get the same places.
  func place(_ frame: Frame) -> Frame

  /// Writes a frame that has its place.
  func write(_ frame: Frame) throws

  /// Writes a component whose bytes are all there, in its turn.
  func writeAll(_ bytes: UnsafeRawBufferPointer, to component: Int, coder: Coder) throws

  /// Completes the output and puts it in its place.
  ///
  /// - Returns: the output's size in bytes.
  func finish(_ tensors: [WrittenTensor], record: ConversionRecord) throws -> Int

  /// Lets go threads that wait, because the work has failed; safe at any time.
  func cancel()

  /// Gives the output up; nothing of it remains. For when no thread writes any more.
  func abandon()
}
