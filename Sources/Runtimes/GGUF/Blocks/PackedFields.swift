// SPDX-License-Identifier: Apache-2.0

import CKernels

/// What blocks have as a few bits each, eight numbers at a time: a byte of a word for each, the first in
/// the lowest.
extension UnsafePointer<UInt8> {
  /// The same bits of eight bytes: the `part`-th `width` of them, counted from the lowest.
  @inline(__always)
  func eight(at offset: Int, width: Int, part: Int) -> UInt64 {
    let bytes = UnsafeRawPointer(self).loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    let mask = (UInt64(1) << UInt64(width)) - 1
    return (UInt64(littleEndian: bytes) >> UInt64(width * part)) & (mask * 0x0101_0101_0101_0101)
  }

  /// The eight bits of one byte.
  @inline(__always)
  func eightBits(at offset: Int) -> UInt64 { halftone_spread_codes(UInt64(self[offset]), 1) }
}

extension UnsafeMutablePointer<UInt8> {
  /// Packs eights of numbers one after the other without gaps, the first in a byte's low bits.
  ///
  /// - Parameters:
  ///   - count: of numbers; whole eights.
  ///   - eight: gives the eight from a number on, each below 2^bits.
  @inline(__always)
  func pack(_ count: Int, bits: Int, _ eight: (_ first: Int) -> UInt64) {
    var out = self
    for first in stride(from: 0, to: count, by: 8) {
      let joined = halftone_join_codes(eight(first), Int32(bits))
      for byte in 0..<bits { out[byte] = UInt8(truncatingIfNeeded: joined >> UInt64(8 * byte)) }
      out += bits
    }
  }
}
