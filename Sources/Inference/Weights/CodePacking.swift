// SPDX-License-Identifier: Apache-2.0

import CKernels
import Tensors

/// Codes of 2 to 7 bits that stand one after the other without gaps, from each byte's low bits on. The
/// kernels multiply with them once they are signed bytes.
struct CodePacking: Sendable, Equatable {
  let bits: Int
  /// What is taken from each code; 0 to 128.
  let zero: Int
  /// The bytes that codes of up to four bits stand for, 16 of them; nil where these are numbers.
  let table: [Int8]?
  /// What a unit of the bytes stands for: a power of two, so that multiplying with it rounds no normal
  /// number.
  let unit: Float

  /// Codes that are numbers.
  init(bits: Int, zero: Int) {
    self.bits = bits
    self.zero = zero
    (table, unit) = (nil, 1)
  }

  /// Codes of four bits that stand for 16 numbers; nil where these are not all bytes, nor all halves of
  /// bytes.
  init?(table: [Float]) {
    let units = [Float(1), 0.5].lazy.map { unit in
      (unit, table.compactMap { Int8(exactly: $0 / unit) })
    }
    guard let (unit, bytes) = units.first(where: { $0.1.count == 16 }) else { return nil }
    (bits, zero, self.table, self.unit) = (4, 0, bytes, unit)
  }

  /// The bytes that `count` codes take; a multiple of eight.
  func byteCount(of count: Int) -> Int { count * bits / 8 }

  /// Unpacks `count` codes.
  func unpack(
    _ codes: UnsafeRawPointer, count: Int, into bytes: UnsafeMutablePointer<Int8>
  ) {
    withTable { table in
      Kernels.active.table.unpack(
        codes.assumingMemoryBound(to: UInt8.self), count, Int32(bits), Int32(zero), table, bytes)
    }
  }

  /// Calls `body` with the table's bytes, or nil, valid during the call.
  func withTable<Result>(_ body: (UnsafePointer<Int8>?) -> Result) -> Result {
    guard let table else { return body(nil) }
    return table.withUnsafeBufferPointer { body($0.baseAddress) }
  }
}
