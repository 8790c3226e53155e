// SPDX-License-Identifier: Apache-2.0

import CKernels
import Tensors

/// A matrix of weights as it is stored: codes and their scales, or numbers of 16 bits.
///
/// Codes and scales stay where they are mapped, if they can.
struct CodedMatrix: Sendable {
  /// What the codes stand for, before ``offsets``.
  enum Kind: Sendable, Equatable {
    /// Four bits: `table[code] * scale`.
    case lookup([Float])
    /// Four bits: `(code - zero) * scale`.
    case affine
    /// Signed bytes: `code * scale * factor`.
    case bytes(factor: Float)
    /// Signed bytes: `code / scale`.
    case quotients
    /// Signed bytes that are 128 less than the code: `code * scale`.
    case unsignedBytes
    case bf16, f16
  }

  let kind: Kind
  let rowCount: Int
  let columnCount: Int
  /// Weights that share a scale; divides `columnCount`.
  let block: Int
  /// Row by row, without gaps.
  let codes: RetainedBytes
  /// Whether the first of a byte's two four-bit codes is in its low half. Kernels know the other order
  /// alone; to them such rows have each two neighbours swapped, and so must activations.
  let isLowFirst: Bool
  /// How codes that are no whole bytes, nor halves of them, are packed; they become those of
  /// ``Kind/bytes(factor:)``.
  var packing: CodePacking?
  /// One number for each block, row by row; none where numbers have 16 bits.
  let scales: BlockNumbers?
  /// Of the blocks of ``Kind/affine``, row by row.
  let zeros: BlockZeros?
  /// What is added to each weight of a block; nil for nothing.
  let offsets: BlockNumbers?

  /// All bytes that it keeps.
  var retained: [RetainedBytes] {
    [codes] + (zeros?.retained ?? []) + (scales?.retained ?? []) + (offsets?.retained ?? [])
  }

  /// Whether there are kernels that multiply such codes with rounded activations.
  var hasFastProducts: Bool { scales != nil }

  /// Whether products need more than what the kernels add up: ``addOffsets(_:blockSums:states:to:stride:)``.
  var hasOffsets: Bool { offsets != nil || kind == .unsignedBytes }

  var blocksPerRow: Int { columnCount / block }

  /// Bytes of codes in a row.
  var rowByteCount: Int {
    if let packing { return packing.byteCount(of: columnCount) }
    return switch kind {
    case .lookup, .affine: columnCount / 2
    case .bytes, .quotients, .unsignedBytes: columnCount
    case .bf16, .f16: 2 * columnCount
    }
  }

  /// The blocks of some rows.
  func blocks(of rows: Range<Int>) -> Range<Int> {
    rows.lowerBound * blocksPerRow..<rows.upperBound * blocksPerRow
  }

  /// Calls `body` with some rows as the kernels see them, the first of which they call row 0; valid
  /// during the call.
  func withRows(_ rows: Range<Int>, _ body: (UnsafePointer<halftone_coded_rows>) -> Void) {
    var table: [Float] = []
    var factor: Float = 1
    let kind: halftone_code_kind
    switch self.kind {
    case .lookup(let values): (kind, table) = (HALFTONE_CODES_LOOKUP4, values)
    case .affine: kind = HALFTONE_CODES_UINT4
    case .bytes(let step): (kind, factor) = (HALFTONE_CODES_INT8, step)
    case .quotients, .unsignedBytes: kind = HALFTONE_CODES_INT8
    case .bf16: kind = HALFTONE_CODES_BF16
    case .f16: kind = HALFTONE_CODES_F16
    }
    withScales(of: rows) { scales in
      withZeros(of: rows) { zeros in
        table.withUnsafeBufferPointer { table in
          var coded = halftone_coded_rows(
            kind: kind, columns: columnCount, block: block,
            codes: codes.start + rows.lowerBound * rowByteCount, scales: scales, zeros: zeros,
            table: table.baseAddress, factor: factor)
          withExtendedLifetime(self) { body(&coded) }
        }
      }
    }
  }

  /// Calls `body` with the zero points of some rows, or nil, valid during the call.
  func withZeros(of rows: Range<Int>, _ body: (UnsafePointer<UInt8>?) -> Void) {
    guard let zeros else { return body(nil) }
    zeros.withBytes(of: blocks(of: rows)) { body($0) }
  }

  /// Calls `body` with a row of activations as they stand in the kernels' order of weights, valid during
  /// the call.
  func withOrdered(_ x: UnsafePointer<Float>, _ body: (UnsafePointer<Float>) -> Void) {
    guard isLowFirst else { return body(x) }
    withUnsafeTemporaryAllocation(of: Float.self, capacity: columnCount) { swapped in
      guard let base = swapped.baseAddress else { return }
      Self.swapPairs(of: x, count: columnCount, into: base)
      body(base)
    }
  }

  /// Calls `body` with what the codes of some rows are multiplied with, valid during the call.
  private func withScales(of rows: Range<Int>, _ body: (UnsafePointer<Float>?) -> Void) {
    guard let scales else { return body(nil) }
    let blocks = blocks(of: rows)
    if kind != .quotients, let floats = scales.floats { return body(floats + blocks.lowerBound) }
    withUnsafeTemporaryAllocation(of: Float.self, capacity: max(1, blocks.count)) { wide in
      guard let base = wide.baseAddress else { return }
      scales.read(blocks, into: base)
      if kind == .quotients { for index in 0..<blocks.count { base[index] = 1 / base[index] } }
      body(base)
    }
  }
}
