// SPDX-License-Identifier: Apache-2.0

import Tensors

/// The header of a safetensors file as it is read: JSON first, then each entry, then the layout.
struct SafetensorsHeader {
  /// The longest header that the format allows, in bytes.
  static let maximumByteCount = 100_000_000
  /// More dimensions than any model uses; the format itself sets no limit.
  static let maximumRank = 8
  /// The key that holds text instead of a tensor.
  static let metadataKey = "__metadata__"

  private(set) var metadata: [String: String] = [:]
  private(set) var tensors: [SafetensorsTensor] = []

  /// Reads and checks the header of a whole file.
  ///
  /// - Throws: ``CheckpointError``.
  init(of bytes: UnsafeRawBufferPointer, file: String) throws {
    let header = try Self.headerRange(of: bytes, file: file)
    let text = UnsafeRawBufferPointer(rebasing: bytes[header])
    var current: String?
    do {
      var scan = try JSONScan(text, numerals: .integers, origin: header.lowerBound)
      try scan.object { scan, key, offset in
        current = key
        if key == Self.metadataKey {
          metadata = try Self.metadata(from: &scan, file: file)
        } else {
          try Self.checkName(key, offset: offset, file: file)
          let entry = try SafetensorsEntry(from: &scan, tensor: key, file: file)
          tensors.append(try entry.tensor(dataStart: header.upperBound))
        }
        current = nil
      }
      try scan.finish()
    } catch {
      throw CheckpointError(wrapping: error, file: file, tensor: current)
    }
    tensors.sort {
      ($0.byteRange.lowerBound, $0.byteRange.upperBound, $0.name)
        < ($1.byteRange.lowerBound, $1.byteRange.upperBound, $1.name)
    }
    try Self.checkLayout(tensors, from: header.upperBound, to: bytes.count, file: file)
  }

  /// Where the JSON is; nothing is allocated before its length is known to fit in the file.
  private static func headerRange(
    of bytes: UnsafeRawBufferPointer, file: String
  ) throws -> Range<Int> {
    let lengthByteCount = 8
    // As a header length these bytes would be larger than any file.
    if bytes.starts(with: "version https://git-lfs".utf8) {
      throw CheckpointError.gitPointer(file: file)
    }
    guard bytes.count >= lengthByteCount else {
      throw CheckpointError.shorterThanHeaderLength(file: file, byteCount: bytes.count)
    }
    let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    let available = bytes.count - lengthByteCount
    guard length > 0 else { throw CheckpointError.emptyHeader(file: file) }
    guard length <= UInt64(available) else {
      throw CheckpointError.headerPastEnd(
        file: file, headerByteCount: length, available: available)
    }
    guard length <= UInt64(maximumByteCount) else {
      throw CheckpointError.headerTooLong(
        file: file, headerByteCount: length, limit: maximumByteCount)
    }
    return lengthByteCount..<lengthByteCount + Int(length)
  }

  private static func metadata(
    from scan: inout JSONScan, file: String
  ) throws -> [String: String] {
    var metadata: [String: String] = [:]
    do {
      if try scan.null() { return [:] }
      try scan.object { scan, key, _ in metadata[key] = try scan.string() }
    } catch let error as JSONError {
      if case .unexpectedByte = error { throw CheckpointError.metadataIsNoText(file: file, error) }
      throw error
    }
    return metadata
  }

  private static func checkName(_ name: String, offset: Int, file: String) throws {
    if name.isEmpty { throw CheckpointError.emptyName(file: file, offset: offset) }
    if name.containsControlCharacter {
      throw CheckpointError.controlCharacterInName(file: file, tensor: name)
    }
  }

  /// Checks that the sorted tensors cover `start ..< end` without hole or overlap.
  private static func checkLayout(
    _ tensors: [SafetensorsTensor], from start: Int, to end: Int, file: String
  ) throws {
    var position = start
    var previous: String?
    for tensor in tensors {
      let begin = tensor.byteRange.lowerBound
      if begin > position {
        throw CheckpointError.hole(
          file: file, tensor: tensor.name, expected: position - start, found: begin - start)
      }
      if begin < position {
        throw CheckpointError.overlap(
          file: file, tensor: tensor.name, other: previous ?? "", begin: begin - start,
          otherEnd: position - start)
      }
      position = tensor.byteRange.upperBound
      previous = tensor.name
    }
    if position > end {
      throw CheckpointError.dataTruncated(
        file: file, tensor: tensors.first { $0.byteRange.upperBound > end }?.name ?? "",
        expectedByteCount: position, found: end)
    }
    if position < end {
      throw CheckpointError.trailingBytes(file: file, offset: position, count: end - position)
    }
  }
}

extension String {
  /// True where a C0 or C1 control character or DEL occurs.
  var containsControlCharacter: Bool {
    unicodeScalars.contains { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) }
  }
}
