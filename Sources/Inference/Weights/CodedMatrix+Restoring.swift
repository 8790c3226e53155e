// SPDX-License-Identifier: Apache-2.0

import CKernels
import Tensors

extension CodedMatrix {
  /// Restores rows as fp32, to the same bits as the source does.
  ///
  /// - Parameter out: receives `rows.count * columnCount` numbers.
  func restore(rows: Range<Int>, into out: UnsafeMutablePointer<Float>) {
    guard packing != nil else {
      return restore(rows: rows, codes.start + rows.lowerBound * rowByteCount, into: out)
    }
    forEachUnpacked(rows, atMost: max(1, Self.unpackedCount / columnCount)) { run, bytes in
      restore(
        rows: run, bytes, into: out + (run.lowerBound - rows.lowerBound) * columnCount)
    }
  }

  /// Codes that are unpacked at a time to be restored.
  private static let unpackedCount = 1 << 14

  /// Restores rows of which the codes, unpacked, begin at `start`.
  private func restore(
    rows: Range<Int>, _ start: UnsafeRawPointer, into out: UnsafeMutablePointer<Float>
  ) {
    let count = rows.count * columnCount
    let kernels = Kernels.active.table
    let bytes = start.assumingMemoryBound(to: UInt8.self)
    let signed = start.assumingMemoryBound(to: Int8.self)
    withExtendedLifetime(self) {
      withNumbers(scales, of: rows) { scales in
        switch kind {
        case .lookup(let table): kernels.decode_lookup4(bytes, count, block, table, scales, out)
        case .affine:
          withZeros(of: rows) { zeros in
            withUnsafeTemporaryAllocation(of: Float.self, capacity: count / block) { floats in
              guard let zeros, let wide = floats.baseAddress else { return }
              for index in 0..<count / block { wide[index] = Float(zeros[index]) }
              kernels.decode_uint4(bytes, count, block, scales, wide, out)
            }
          }
        case .bytes(let factor):
          kernels.decode_int8(signed, count, block, scales, out)
          if factor != 1 { for index in 0..<count { out[index] *= factor } }
        case .quotients: forEachBlock(count, scales) { out[$0] = Float(signed[$0]) / $1 }
        case .unsignedBytes:
          forEachBlock(count, scales) { out[$0] = Float(bytes[$0] ^ 0x80) * $1 }
        case .bf16: kernels.widen_bf16(start.assumingMemoryBound(to: UInt16.self), count, out)
        case .f16: kernels.widen_f16(start.assumingMemoryBound(to: UInt16.self), count, out)
        }
      }
      if isLowFirst { Self.swapPairs(of: out, count: count, into: out) }
      withNumbers(offsets, of: rows) { offsets in
        if let offsets { forEachBlock(count, offsets) { out[$0] += $1 } }
      }
    }
  }

  /// Swaps each two neighbours.
  ///
  /// - Parameters:
  ///   - count: even.
  ///   - out: `x`, or `count` other numbers.
  static func swapPairs(
    of x: UnsafePointer<Float>, count: Int, into out: UnsafeMutablePointer<Float>
  ) {
    for index in stride(from: 0, to: count, by: 2) {
      (out[index], out[index &+ 1]) = (x[index &+ 1], x[index])
    }
  }

  private func withNumbers(
    _ numbers: BlockNumbers?, of rows: Range<Int>, _ body: (UnsafePointer<Float>?) -> Void
  ) {
    guard let numbers else { return body(nil) }
    let blocks = blocks(of: rows)
    if let floats = numbers.floats { return body(floats + blocks.lowerBound) }
    withUnsafeTemporaryAllocation(of: Float.self, capacity: max(1, blocks.count)) { wide in
      guard let base = wide.baseAddress else { return }
      numbers.read(blocks, into: base)
      body(base)
    }
  }

  @inline(__always)
  private func forEachBlock(
    _ count: Int, _ numbers: UnsafePointer<Float>?, _ body: (_ weight: Int, _ number: Float) -> Void
  ) {
    guard let numbers else { return }
    for index in 0..<count / block {
      let number = numbers[index]
      for weight in index &* block..<(index &+ 1) &* block { body(weight, number) }
    }
  }
}
