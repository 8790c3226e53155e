// SPDX-License-Identifier: Apache-2.0

/// Something that is searched for in text.
protocol TextPattern: Sendable {
  /// Reports the matches from left to right, none overlapping, as offsets in bytes.
  func forEachMatch(in bytes: Bytes, _ body: (Range<Int>) -> Void) throws
}

/// A string, byte for byte.
///
/// The empty string matches nowhere.
struct LiteralPattern: TextPattern {
  private let literal: [UInt8]

  init(_ literal: String) { self.literal = Array(literal.utf8) }

  func forEachMatch(in bytes: Bytes, _ body: (Range<Int>) -> Void) {
    guard let first = literal.first else { return }
    var position = 0
    while position + literal.count <= bytes.count {
      if bytes[position] == first,
        bytes.part(position..<position + literal.count).isEqual(to: literal)
      {
        body(position..<position + literal.count)
        position += literal.count
      } else {
        position += 1
      }
    }
  }
}

/// Single scalars of a class; each is a match of its own.
struct ScalarPattern: TextPattern {
  private let isMember: @Sendable (Unicode.Scalar) -> Bool
  /// Whether each ASCII character is a member: asking the Unicode tables takes longer than all the rest.
  private let ascii: [Bool]

  init(_ isMember: @escaping @Sendable (Unicode.Scalar) -> Bool) {
    self.isMember = isMember
    ascii = (0..<0x80).map { isMember(Unicode.Scalar(UInt8($0))) }
  }

  func forEachMatch(in bytes: Bytes, _ body: (Range<Int>) -> Void) {
    var position = 0
    while position < bytes.count {
      let (scalar, length) = bytes.scalar(at: position)
      if length == 1 ? ascii[Int(scalar.value)] : isMember(scalar) {
        body(position..<position + length)
      }
      position += length
    }
  }
}
