// SPDX-License-Identifier: Apache-2.0

/// Walks forward through the bytes of a `model.bin`; every length is checked against what remains.
struct CTranslate2Cursor {
  let bytes: UnsafeRawBufferPointer
  let file: String
  private(set) var position = 0

  init(_ bytes: UnsafeRawBufferPointer, file: String) {
    self.bytes = bytes
    self.file = file
  }

  var remaining: Int { bytes.count - position }

  /// Passes over some bytes and returns where they are.
  ///
  /// - Throws: ``CTranslate2Error/truncated(file:what:offset:needed:available:)``
  mutating func take(_ count: Int, for what: String) throws(CTranslate2Error) -> Range<Int> {
    guard count <= remaining else {
      throw .truncated(
        file: file, what: what, offset: position, needed: count, available: remaining)
    }
    defer { position += count }
    return position..<position + count
  }

  /// The next number, little-endian at any alignment.
  mutating func integer<Number: FixedWidthInteger & BitwiseCopyable>(
    _: Number.Type, for what: String
  ) throws(CTranslate2Error) -> Number {
    let range = try take(MemoryLayout<Number>.size, for: what)
    return Number(
      littleEndian: bytes.loadUnaligned(fromByteOffset: range.lowerBound, as: Number.self))
  }

  /// The next name: two bytes for its length with the zero at its end, then both.
  ///
  /// - Throws: also ``CTranslate2Error/badName(file:what:offset:problem:)``.
  mutating func name(of what: String) throws(CTranslate2Error) -> String {
    let start = position
    func refusal(_ problem: String) -> CTranslate2Error {
      .badName(file: file, what: what, offset: start, problem: problem)
    }
    let length = Int(try integer(UInt16.self, for: what))
    guard length > 0 else { throw refusal("has a length of 0") }
    let range = try take(length, for: what)
    let text = UnsafeRawBufferPointer(rebasing: bytes[range].dropLast())
    guard bytes[range.upperBound - 1] == 0, !text.contains(0) else {
      throw refusal("does not end with its only zero byte")
    }
    guard let name = String(validating: text, as: UTF8.self) else { throw refusal("is not UTF-8") }
    return name
  }
}
