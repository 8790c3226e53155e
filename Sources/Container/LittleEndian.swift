// SPDX-License-Identifier: Apache-2.0

import Tensors

/// Bytes being put together, integers least significant byte first.
struct LittleEndianWriter {
  private(set) var bytes: [UInt8] = []

  mutating func append(_ integer: some FixedWidthInteger) {
    withUnsafeBytes(of: integer.littleEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func append(_ more: [UInt8]) { bytes.append(contentsOf: more) }

  mutating func appendZeros(to count: Int) {
    bytes.append(contentsOf: repeatElement(0, count: count - bytes.count))
  }

  mutating func appendChecksum() { append(bytes.withUnsafeBytes { Kernels.active.crc32c($0) }) }
}

extension UnsafeRawBufferPointer {
  /// The integer at an offset, least significant byte first; the caller has checked the range.
  func integer<Integer: FixedWidthInteger>(at offset: Int, as type: Integer.Type) -> Integer {
    Integer(littleEndian: loadUnaligned(fromByteOffset: offset, as: type))
  }
}
