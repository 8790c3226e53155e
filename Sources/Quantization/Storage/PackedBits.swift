// SPDX-License-Identifier: Apache-2.0

/// Unsigned integers of 1 to 7 bits, one after the other in a string of bytes.
struct PackedBits {
  let width: Int
  /// Whether a byte's most significant bits come first.
  let isHighFirst: Bool

  /// Unpacks `count` integers, the first of which begins at bit `firstBit` of the first byte.
  func unpack(
    _ bytes: UnsafeRawBufferPointer, firstBit: Int, count: Int,
    into numbers: UnsafeMutableBufferPointer<Float>
  ) {
    let mask = UInt16(1) << UInt16(width) - 1
    for index in 0..<count {
      let bit = firstBit + index * width
      let (byte, shift) = (bit / 8, bit % 8)
      let here = UInt16(bytes[byte])
      let next = byte + 1 < bytes.count ? UInt16(bytes[byte + 1]) : 0
      let window =
        isHighFirst
        ? (here << 8 | next) >> UInt16(16 - shift - width)
        : (next << 8 | here) >> UInt16(shift)
      numbers[index] = Float(window & mask)
    }
  }
}
