// SPDX-License-Identifier: Apache-2.0

import CKernels
import Tensors

/// Rows whose codes are packed, some at a time: as bytes they take more room than as they are stored, so
/// only what is multiplied next is unpacked, into a cache.
extension CodedMatrix {
  /// Calls `body` with rows whose codes are as the kernels see them: with all at once, or with one run after
  /// the other where codes are packed; valid during the call.
  ///
  /// - Parameters:
  ///   - coded: of ``withRows(_:_:)``, of the same rows.
  ///   - states: rows of activations that the rows will be multiplied with.
  ///   - body: also takes where among `rows` the run begins, and how many rows it has.
  func forEachRun(
    of rows: Range<Int>, as coded: UnsafePointer<halftone_coded_rows>, states: Int,
    _ body: (_ coded: UnsafePointer<halftone_coded_rows>, _ first: Int, _ count: Int) -> Void
  ) {
    guard packing != nil else { return body(coded, 0, rows.count) }
    // One row of activations meets each weight once, and takes it from the first-level cache; several
    // are multiplied with some rows together.
    let most = states > 1 ? 32 : max(1, (1 << 14) / columnCount)
    forEachUnpacked(rows, atMost: most) { run, bytes in
      let first = run.lowerBound - rows.lowerBound
      var part = coded.pointee
      part.codes = UnsafeRawPointer(bytes)
      part.scales = part.scales.map { $0 + first * blocksPerRow }
      body(&part, first, run.count)
    }
  }

  /// Calls `body` with runs of rows and their codes as bytes, valid during the call; with none where codes
  /// are not packed.
  func forEachUnpacked(
    _ rows: Range<Int>, atMost rowCount: Int,
    _ body: (_ run: Range<Int>, _ bytes: UnsafePointer<Int8>) -> Void
  ) {
    guard let packing, !rows.isEmpty else { return }
    let most = min(rowCount, rows.count)
    withUnsafeTemporaryAllocation(
      byteCount: most * columnCount, alignment: 64
    ) { scratch in
      guard let bytes = scratch.baseAddress?.assumingMemoryBound(to: Int8.self) else { return }
      for first in stride(from: rows.lowerBound, to: rows.upperBound, by: most) {
        let run = first..<min(first + most, rows.upperBound)
        packing.unpack(
          codes.start + first * rowByteCount, count: run.count * columnCount, into: bytes)
        body(run, bytes)
      }
    }
  }
}
