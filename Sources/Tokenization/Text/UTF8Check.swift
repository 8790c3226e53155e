// SPDX-License-Identifier: Apache-2.0

/// Where bytes stop being UTF-8.
enum UTF8Check {
  /// The offset of the first byte of the first malformed sequence (Unicode 16, table 3-7), or nil.
  static func firstMalformedByte(of bytes: [UInt8]) -> Int? {
    bytes.withUnsafeBufferPointer { bytes in
      var position = 0
      while position < bytes.count {
        let lead = bytes[position]
        if lead < 0x80 {
          position += 1
          continue
        }
        let length = sequenceLength(lead: lead)
        guard length > 1, position + length <= bytes.count,
          secondByte(lead: lead).contains(bytes[position + 1])
        else { return position }
        for offset in 2..<max(length, 2) where bytes[position + offset] & 0xC0 != 0x80 {
          return position
        }
        position += length
      }
      return nil
    }
  }

  /// The length of the sequence that `lead` opens; 1 for ASCII, 0 for a byte that opens none.
  static func sequenceLength(lead: UInt8) -> Int {
    switch lead {
    case 0x00...0x7F: 1
    case 0xC2...0xDF: 2
    case 0xE0...0xEF: 3
    case 0xF0...0xF4: 4
    default: 0
    }
  }

  private static func secondByte(lead: UInt8) -> ClosedRange<UInt8> {
    switch lead {
    case 0xE0: 0xA0...0xBF
    case 0xED: 0x80...0x9F
    case 0xF0: 0x90...0xBF
    case 0xF4: 0x80...0x8F
    default: 0x80...0xBF
    }
  }
}
