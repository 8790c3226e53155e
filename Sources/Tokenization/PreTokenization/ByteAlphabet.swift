// SPDX-License-Identifier: Apache-2.0

/// The 256 printable characters by which byte-level vocabularies write bytes.
///
/// Printable bytes of Latin-1 stand for themselves, the 68 others for U+0100 onwards in the order of
/// their values, as GPT-2 introduced it.
enum ByteAlphabet {
  /// The character of each byte.
  static let scalars: [Unicode.Scalar] = {
    var spare: UInt32 = 0x100
    return (UInt8.min...UInt8.max).map { byte in
      switch byte {
      case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: return Unicode.Scalar(byte)
      default:
        defer { spare += 1 }
        return Unicode.Scalar(spare) ?? Unicode.Scalar(byte)
      }
    }
  }()

  /// The UTF-8 form of each byte's character: one or two bytes.
  private static let encodings: [(first: UInt8, second: UInt8?)] = scalars.map { scalar in
    let units = Array(String(Character(scalar)).utf8)
    return (units[0], units.count > 1 ? units[1] : nil)
  }

  /// The byte of each character.
  private static let bytes: [Unicode.Scalar: UInt8] = Dictionary(
    uniqueKeysWithValues: zip(scalars, UInt8.min...UInt8.max))

  /// Appends the characters of `bytes` as UTF-8.
  static func write(_ bytes: Bytes, to output: inout [UInt8]) {
    for byte in bytes {
      let encoding = encodings[Int(byte)]
      output.append(encoding.first)
      if let second = encoding.second { output.append(second) }
    }
  }

  /// The bytes that `text` writes, or nil where a character stands for none.
  static func read(_ text: String) -> [UInt8]? {
    var result: [UInt8] = []
    result.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      guard let byte = bytes[scalar] else { return nil }
      result.append(byte)
    }
    return result
  }
}
