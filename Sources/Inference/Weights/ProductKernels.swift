// SPDX-License-Identifier: Apache-2.0

import CKernels
import Foundation

/// Products with weights that stay codes; the bounds are in `product_kernels.h`.
///
/// Beside ``VectorMath`` this is the module's only way to the kernels. The table that it points to is
/// constant, so that any thread may use it.
struct ProductKernels: @unchecked Sendable {
  /// Rows of activations up to which a product straight from the codes is always the faster way: beyond,
  /// it may cost less to restore the weights once for all of them.
  static let stateLimit = 16

  private let kernels: UnsafePointer<halftone_products>

  /// Picks the kernels for this processor, or those that `HALFTONE_ISA` names.
  ///
  /// - Throws: ``InferenceError/instructionSetUnavailable(name:)``.
  init() throws {
    guard let kernels = halftone_products_active() else {
      let name = ProcessInfo.processInfo.environment["HALFTONE_ISA"] ?? ""
      throw InferenceError.instructionSetUnavailable(name: name)
    }
    self.kernels = kernels
  }

  /// Whether ``multiply(_:_:states:arithmetic:into:stride:adding:threads:)`` is a faster way than
  /// restoring the weights.
  func multiplies(_ matrix: CodedMatrix, states: Int, arithmetic: Arithmetic) -> Bool {
    if states <= Self.stateLimit { return true }
    guard arithmetic == .fast, matrix.hasFastProducts else { return false }
    var multipliesMany = false
    matrix.withRows(0..<0) { multipliesMany = kernels.pointee.multiplies_many($0) != 0 }
    return multipliesMany
  }

  /// `out = x * transpose(matrix)`, or that added to `out`, in exact or fast arithmetic.
  ///
  /// The outputs are divided among threads; each is the same whatever their number.
  /// - Parameters:
  ///   - x: `states` rows of `matrix.columnCount`, side by side.
  ///   - out: rows of `matrix.rowCount`, `stride` apart.
  func multiply(
    _ matrix: CodedMatrix, _ x: UnsafePointer<Float>, states: Int, arithmetic: Arithmetic,
    into out: UnsafeMutablePointer<Float>, stride: Int, adding: Bool, threads: Int
  ) {
    let isFast = arithmetic == .fast && matrix.hasFastProducts
    let columns = matrix.columnCount
    let size =
      isFast ? halftone_state_bytes(columns) : 4 * halftone_arranged_count(columns)
    let sums = matrix.hasOffsets ? states * matrix.blocksPerRow : 0
    withUnsafeTemporaryAllocation(
      byteCount: states * size + MemoryLayout<Float>.stride * sums, alignment: 64
    ) { buffer in
      guard let arranged = buffer.baseAddress else { return }
      let blockSums = (arranged + states * size).assumingMemoryBound(to: Float.self)
      if matrix.hasOffsets { matrix.sumBlocks(of: x, states: states, into: blockSums) }
      matrix.withRows(0..<0) { rows in
        let arranging = states > Self.stateLimit ? threads : 1
        concurrently(states, threads: arranging) { state, _ in
          let to = arranged + state * size
          matrix.withOrdered(x + state * columns) { x in
            if isFast {
              kernels.pointee.quantize_state(rows, x, to)
            } else {
              kernels.pointee.arrange(rows, x, to.assumingMemoryBound(to: Float.self))
            }
          }
        }
      }
      let chunks = RowChunks(
        rowCount: matrix.rowCount, threads: threads, least: 32,
        most: max(1, Self.widenedScaleCount / matrix.blocksPerRow))
      concurrently(chunks.count, threads: threads) { chunk, _ in
        let outputs = chunks[chunk]
        let place = out + outputs.lowerBound
        matrix.withRows(outputs) { rows in
          if isFast,
            multiplyPacked(
              matrix, rows, count: outputs.count, arranged, states: states, into: place,
              stride: stride, adding: adding)
          {
            return
          }
          matrix.forEachRun(of: outputs, as: rows, states: states) { rows, first, count in
            if isFast {
              kernels.pointee.multiply_fast(
                rows, 0, count, arranged, states, place + first, stride, adding ? 1 : 0)
            } else {
              kernels.pointee.multiply_exact(
                rows, 0, count, arranged.assumingMemoryBound(to: Float.self), states,
                place + first, stride, adding ? 1 : 0)
            }
          }
        }
        if matrix.hasOffsets {
          matrix.addOffsets(
            of: outputs, blockSums: blockSums, states: states, to: place, stride: stride)
        }
      }
    }
  }

  /// Multiplies with packed codes that need not be unpacked first; false, and nothing is done, where they
  /// must be.
  private func multiplyPacked(
    _ matrix: CodedMatrix, _ rows: UnsafePointer<halftone_coded_rows>, count: Int,
    _ quantized: UnsafeRawPointer, states: Int, into out: UnsafeMutablePointer<Float>, stride: Int,
    adding: Bool
  ) -> Bool {
    guard let packing = matrix.packing else { return false }
    return packing.withTable { table in
      kernels.pointee.multiply_packed(
        rows, Int32(packing.bits), Int32(packing.zero), table, 0, count, quantized, states, out,
        stride, adding ? 1 : 0) != 0
    }
  }

  /// Scales that are widened at a time: what the first-level cache holds beside codes.
  private static let widenedScaleCount = 1 << 14
}
