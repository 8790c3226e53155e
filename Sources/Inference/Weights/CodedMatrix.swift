// SPDX-License-Identifier: Apache-2.0

import CKernels
import Tensors

/// A matrix of weights as it is stored: codes and their scales, or numbers of 16 bits.
///
/// Codes and scales stay where they are mapped, if they can; scales that are not stored as fp32 are
/// restored, for they are a small part.
struct CodedMatrix: Sendable {
  /// What the codes stand for.
  enum Kind: Sendable, Equatable {
    /// Four bits: `table[code] * scale`.
    case lookup([Float])
    /// Four bits: `(code - zero) * scale`.
    case affine
    /// Signed bytes: `code * scale * factor`.
    case bytes(factor: Float)
    case bf16, f16
  }

  let kind: Kind
  let rowCount: Int
  let columnCount: Int
  /// Weights that share a scale; divides `columnCount`.
  let block: Int
  /// Row by row, without gaps.
  let codes: RetainedBytes
  /// One fp32 number for each block, row by row; none where numbers have 16 bits.
  let scales: RetainedBytes?
  /// One byte for each block of ``Kind/affine``.
  let zeros: RetainedBytes?

  /// Whether there are kernels that multiply such codes with rounded activations.
  var hasFastProducts: Bool { scales != nil }

  /// Bytes of codes in a row.
  var rowByteCount: Int {
    switch kind {
    case .lookup, .affine: columnCount / 2
    case .bytes: columnCount
    case .bf16, .f16: 2 * columnCount
    }
  }

  /// Calls `body` with the matrix as the kernels see it, valid during the call.
  func withRows(_ body: (UnsafePointer<halftone_coded_rows>) -> Void) {
    var table: [Float] = []
    var factor: Float = 1
    let kind: halftone_code_kind
    switch self.kind {
    case .lookup(let values): (kind, table) = (HALFTONE_CODES_LOOKUP4, values)
    case .affine: kind = HALFTONE_CODES_UINT4
    case .bytes(let step): (kind, factor) = (HALFTONE_CODES_INT8, step)
    case .bf16: kind = HALFTONE_CODES_BF16
    case .f16: kind = HALFTONE_CODES_F16
    }
    withExtendedLifetime(self) {
      table.withUnsafeBufferPointer { table in
        var rows = halftone_coded_rows(
          kind: kind, columns: columnCount, block: block, codes: codes.start,
          scales: scales?.start.assumingMemoryBound(to: Float.self),
          zeros: zeros?.start.assumingMemoryBound(to: UInt8.self), table: table.baseAddress,
          factor: factor)
        body(&rows)
      }
    }
  }

  /// Restores rows as fp32, to the same bits as the source does.
  ///
  /// - Parameter out: receives `rows.count * columnCount` numbers.
  func restore(rows: Range<Int>, into out: UnsafeMutablePointer<Float>) {
    let count = rows.count * columnCount
    let kernels = Kernels.active.table
    let start = codes.start + rows.lowerBound * rowByteCount
    let bytes = start.assumingMemoryBound(to: UInt8.self)
    let firstBlock = rows.lowerBound * (columnCount / block)
    let scales = self.scales.map { $0.start.assumingMemoryBound(to: Float.self) + firstBlock }
    switch kind {
    case .lookup(let table): kernels.decode_lookup4(bytes, count, block, table, scales, out)
    case .affine:
      let blocks = count / block
      withUnsafeTemporaryAllocation(of: Float.self, capacity: blocks) { floats in
        guard let zeros, let wide = floats.baseAddress else { return }
        let narrow = (zeros.start + firstBlock).assumingMemoryBound(to: UInt8.self)
        for index in 0..<blocks { wide[index] = Float(narrow[index]) }
        kernels.decode_uint4(bytes, count, block, scales, wide, out)
      }
    case .bytes(let factor):
      kernels.decode_int8(start.assumingMemoryBound(to: Int8.self), count, block, scales, out)
      if factor != 1 { for index in 0..<count { out[index] *= factor } }
    case .bf16: kernels.widen_bf16(start.assumingMemoryBound(to: UInt16.self), count, out)
    case .f16: kernels.widen_f16(start.assumingMemoryBound(to: UInt16.self), count, out)
    }
  }
}
