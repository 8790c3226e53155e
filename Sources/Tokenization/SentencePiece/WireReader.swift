// SPDX-License-Identifier: Apache-2.0

/// Walks through the fields of one Protocol Buffers message, in the order of the file.
///
/// Ranges are places in the whole file, nothing is copied; groups, which nobody has written for a
/// long time, are refused. Related documentation: <https://protobuf.dev/programming-guides/encoding/>
struct WireReader {
  enum Value {
    case varint(UInt64)
    case fixed32(UInt32)
    case fixed64(UInt64)
    /// A string, bytes or a message.
    case bytes(Range<Int>)
  }

  private let file: [UInt8]
  private let path: String
  private var position: Int
  private let end: Int

  /// - Parameter range: the message's place in `file`; the whole file by default.
  init(_ file: [UInt8], in range: Range<Int>? = nil, path: String) {
    self.file = file
    self.path = path
    position = range?.lowerBound ?? 0
    end = range?.upperBound ?? file.count
  }

  /// The next field's number and value, or nil at the end of the message.
  ///
  /// - Throws: ``TokenizationError/malformedMessage(path:byteOffset:expected:)`` where a length or a
  ///   number doesn't fit the message.
  mutating func next() throws -> (field: UInt64, value: Value)? {
    guard position < end else { return nil }
    let start = position
    let tag = try varint()
    guard tag >> 3 > 0 else { throw malformed(at: start, expected: "a field number") }
    switch tag & 7 {
    case 0: return (tag >> 3, .varint(try varint()))
    case 1: return (tag >> 3, .fixed64(try fixed(byteCount: 8)))
    case 2:
      let start = position
      let length = try varint()
      guard length <= UInt64(end - position) else {
        throw malformed(at: start, expected: "a length of at most \(end - position)")
      }
      let range = position..<position + Int(length)
      position = range.upperBound
      return (tag >> 3, .bytes(range))
    case 5: return (tag >> 3, .fixed32(UInt32(truncatingIfNeeded: try fixed(byteCount: 4))))
    default: throw malformed(at: start, expected: "a field of wire type 0, 1, 2 or 5")
    }
  }

  func malformed(at offset: Int, expected: String) -> TokenizationError {
    .malformedMessage(path: path, byteOffset: offset, expected: expected)
  }

  /// Up to ten bytes of seven bits each, the lowest first.
  private mutating func varint() throws -> UInt64 {
    let start = position
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard position < end else { break }
      let byte = file[position]
      position += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    throw malformed(at: start, expected: "a number of at most ten bytes")
  }

  private mutating func fixed(byteCount: Int) throws -> UInt64 {
    guard byteCount <= end - position else {
      throw malformed(at: position, expected: "\(byteCount) bytes")
    }
    defer { position += byteCount }
    return (0..<byteCount).reduce(0) { $0 | UInt64(file[position + $1]) << UInt64(8 * $1) }
  }
}
