// SPDX-License-Identifier: Apache-2.0

import Tensors

/// Walks forward through a file's bytes; every length is checked against what remains.
struct GGUFCursor {
  let bytes: UnsafeRawBufferPointer
  let file: String
  private(set) var position: Int

  /// - Parameter position: where to begin; inside `bytes`.
  init(_ bytes: UnsafeRawBufferPointer, file: String, position: Int = 0) {
    self.bytes = bytes
    self.file = file
    self.position = position
  }

  var remaining: Int { bytes.count - position }

  /// Passes over `count` things of `size` bytes and returns where they are.
  ///
  /// - Throws: ``GGUFError/truncated(file:place:offset:needed:available:)``
  mutating func take(
    _ count: UInt64, of size: Int = 1, for place: GGUFPlace
  ) throws(GGUFError) -> Range<Int> {
    let (needed, overflow) = count.multipliedReportingOverflow(by: UInt64(size))
    guard !overflow, needed <= UInt64(remaining) else {
      throw .truncated(
        file: file, place: place, offset: position, needed: overflow ? .max : needed,
        available: remaining)
    }
    let start = position
    position += Int(needed)
    return start..<position
  }

  /// The next number, little-endian at any alignment.
  mutating func integer<Number: FixedWidthInteger & BitwiseCopyable>(
    _: Number.Type, for place: GGUFPlace
  ) throws(GGUFError) -> Number {
    let range = try take(UInt64(MemoryLayout<Number>.size), for: place)
    return Number(
      littleEndian: bytes.loadUnaligned(fromByteOffset: range.lowerBound, as: Number.self))
  }

  /// The place of the next string's bytes.
  mutating func string(for place: GGUFPlace) throws(GGUFError) -> Range<Int> {
    let start = position
    let length = try integer(UInt64.self, for: place)
    guard length <= GGUFFormat.lengthLimit else {
      throw .tooLong(
        file: file, place: place, offset: start, found: length, limit: GGUFFormat.lengthLimit)
    }
    return try take(length, for: place)
  }

  /// The next string as text.
  mutating func text(for place: GGUFPlace) throws(GGUFError) -> String {
    let range = try string(for: place)
    guard let text = Self.text(bytes, in: range) else {
      throw .notUTF8(file: file, place: place, offset: range.lowerBound)
    }
    return text
  }

  /// The text at `range`, or nil where it isn't UTF-8.
  static func text(_ bytes: UnsafeRawBufferPointer, in range: Range<Int>) -> String? {
    String(validating: UnsafeRawBufferPointer(rebasing: bytes[range]), as: UTF8.self)
  }
}
