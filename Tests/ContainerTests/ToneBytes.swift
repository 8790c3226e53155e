// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors

/// A `.tone` file taken apart, to be changed and put together again with right checksums.
struct ToneBytes {
  /// One entry of the frame table.
  struct Frame {
    var offset: UInt64
    var byteCount: UInt32
    var checksum: UInt32
  }

  /// The first 60 bytes.
  var header: [UInt8]
  /// Everything from byte 64 to the frame table.
  var data: [UInt8]
  var frames: [Frame]
  /// As it is stored.
  var directory: [UInt8]
  /// The length of the JSON.
  var directoryByteCount: UInt64
  var directoryCoding: UInt32
  /// Added to fields of the trailer, by their offset, before it is sealed; wrapping.
  var trailerChanges: [(offset: Int, amount: UInt64)] = []

  /// Takes a valid file apart.
  init(_ file: [UInt8]) {
    let trailer = file.count - 64
    let table = Int(Self.integer(file, trailer + 8, 8))
    let directoryOffset = Int(Self.integer(file, trailer + 16, 8))
    header = Array(file[..<60])
    data = Array(file[64..<table])
    frames = stride(from: table, to: directoryOffset, by: 16).map { offset in
      Frame(
        offset: Self.integer(file, offset, 8),
        byteCount: UInt32(Self.integer(file, offset + 8, 4)),
        checksum: UInt32(Self.integer(file, offset + 12, 4)))
    }
    directory = Array(file[directoryOffset..<trailer])
    directoryByteCount = Self.integer(file, trailer + 24, 8)
    directoryCoding = UInt32(Self.integer(file, trailer + 48, 4))
  }

  /// The file, sealed: every checksum fits what it covers.
  var file: [UInt8] {
    var file = header + Self.bytes(UInt64(Self.checksum(header)), 4) + data
    let table = frames.flatMap { frame in
      Self.bytes(frame.offset, 8) + Self.bytes(UInt64(frame.byteCount), 4)
        + Self.bytes(UInt64(checksum(of: frame, in: file)), 4)
    }
    let tableOffset = file.count
    file += table + directory
    var trailer = Self.bytes(UInt64(file.count + 64), 8) + Self.bytes(UInt64(tableOffset), 8)
    trailer += Self.bytes(UInt64(tableOffset + table.count), 8) + Self.bytes(directoryByteCount, 8)
    trailer += Self.bytes(UInt64(frames.count), 4) + Self.bytes(UInt64(directory.count), 4)
    trailer += Self.bytes(UInt64(Self.checksum(table)), 4)
    trailer += Self.bytes(UInt64(Self.checksum(directory)), 4)
    trailer += Self.bytes(UInt64(directoryCoding), 4) + [0, 0, 0, 0]
    for change in trailerChanges {
      let width = change.offset < 32 ? 8 : 4
      let value = Self.integer(trailer, change.offset, width) &+ change.amount
      trailer.replaceSubrange(change.offset..<change.offset + width, with: Self.bytes(value, width))
    }
    return file + trailer + Self.bytes(UInt64(Self.checksum(trailer)), 4) + Array("ENOT".utf8)
  }

  /// Replaces the directory by a text that is stored as it is.
  mutating func setDirectory(_ text: [UInt8]) {
    directory = text
    directoryByteCount = UInt64(text.count)
    directoryCoding = 0
  }

  private func checksum(of frame: Frame, in file: [UInt8]) -> UInt32 {
    guard frame.offset <= UInt64(file.count),
      UInt64(frame.byteCount) <= UInt64(file.count) - frame.offset
    else { return frame.checksum }
    return Self.checksum(file[Int(frame.offset)..<Int(frame.offset) + Int(frame.byteCount)])
  }

  private static func checksum(_ bytes: some Collection<UInt8>) -> UInt32 {
    Array(bytes).withUnsafeBytes { Kernels.active.crc32c($0) }
  }

  private static func integer(_ bytes: [UInt8], _ offset: Int, _ width: Int) -> UInt64 {
    bytes[offset..<offset + width].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  private static func bytes(_ value: UInt64, _ width: Int) -> [UInt8] {
    (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
  }
}
