// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors

/// The 64 bytes that end a file and say where its tables are. `formats/tone.md`, "Trailer".
struct Trailer: Equatable {
  var fileByteCount: UInt64
  var frameTableOffset: UInt64
  var directoryOffset: UInt64
  var directoryByteCount: UInt64
  var frameCount: UInt32
  var storedDirectoryByteCount: UInt32
  var frameTableChecksum: UInt32
  var directoryChecksum: UInt32
  var directoryCoding: UInt32

  /// The trailer's bytes, checksum and end mark included.
  var bytes: [UInt8] {
    var writer = LittleEndianWriter()
    writer.append(fileByteCount)
    writer.append(frameTableOffset)
    writer.append(directoryOffset)
    writer.append(directoryByteCount)
    writer.append(frameCount)
    writer.append(storedDirectoryByteCount)
    writer.append(frameTableChecksum)
    writer.append(directoryChecksum)
    writer.append(directoryCoding)
    writer.append(UInt32(0))
    writer.appendChecksum()
    writer.append(ToneFormat.endMark)
    return writer.bytes
  }

  /// The header's bytes: magic, version, zeros, checksum.
  static var header: [UInt8] {
    var writer = LittleEndianWriter()
    writer.append(ToneFormat.magic)
    writer.append(ToneFormat.majorVersion)
    writer.append(ToneFormat.minorVersion)
    writer.appendZeros(to: ToneFormat.headerByteCount - 4)
    writer.appendChecksum()
    return writer.bytes
  }

  /// Writes the frame table, the directory, the trailer and the header around frames that end at
  /// `end`; returns the file's size.
  static func write(
    directory: Directory, table: [UInt8], frameCount: Int, at end: Int, compressed: Bool,
    to file: AtomicFile
  ) throws -> Int {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let json = [UInt8](try encoder.encode(directory))
    let coder = FrameCoder()
    let stored = try json.withUnsafeBytes { json in
      [UInt8](try coder.encode(json, compressed ? [.zstd] : [], effort: .level(9)))
    }
    guard json.count <= ToneFormat.maximumDirectoryByteCount, frameCount <= Int(UInt32.max) else {
      throw ContainerError.directory(
        file: file.path, problem: "too many tensors for one file; write the model in parts")
    }
    let directoryOffset = end + table.count
    let fileByteCount = directoryOffset + stored.count + ToneFormat.trailerByteCount
    let trailer = Trailer(
      fileByteCount: UInt64(fileByteCount), frameTableOffset: UInt64(end),
      directoryOffset: UInt64(directoryOffset), directoryByteCount: UInt64(json.count),
      frameCount: UInt32(frameCount), storedDirectoryByteCount: UInt32(stored.count),
      frameTableChecksum: table.withUnsafeBytes { Kernels.active.crc32c($0) },
      directoryChecksum: stored.withUnsafeBytes { Kernels.active.crc32c($0) },
      directoryCoding: compressed ? 1 : 0)
    try (table + stored + trailer.bytes).withUnsafeBytes { try file.write($0, at: end) }
    try header.withUnsafeBytes { try file.write($0, at: 0) }
    return fileByteCount
  }

}

extension Trailer {
  /// Reads and checks the header and the trailer of a file.
  ///
  /// - Throws: ``ContainerError``.
  init(checking bytes: UnsafeRawBufferPointer, file: String) throws {
    guard bytes.count >= ToneFormat.magic.count, bytes.starts(with: ToneFormat.magic) else {
      throw ContainerError.notTone(file: file)
    }
    let overhead = ToneFormat.headerByteCount + ToneFormat.trailerByteCount
    guard bytes.count >= overhead else {
      throw ContainerError.tooShort(file: file, byteCount: bytes.count)
    }
    try Self.checkHeader(bytes, file: file)
    let start = bytes.count - ToneFormat.trailerByteCount
    let trailer = UnsafeRawBufferPointer(rebasing: bytes[start...])
    guard trailer.suffix(4).elementsEqual(ToneFormat.endMark) else {
      throw ContainerError.noTrailer(file: file, offset: start)
    }
    let covered = UnsafeRawBufferPointer(rebasing: trailer[..<56])
    guard Kernels.active.crc32c(covered) == trailer.integer(at: 56, as: UInt32.self) else {
      throw ContainerError.checksum(file: file, part: "trailer", offset: start)
    }
    fileByteCount = trailer.integer(at: 0, as: UInt64.self)
    frameTableOffset = trailer.integer(at: 8, as: UInt64.self)
    directoryOffset = trailer.integer(at: 16, as: UInt64.self)
    directoryByteCount = trailer.integer(at: 24, as: UInt64.self)
    frameCount = trailer.integer(at: 32, as: UInt32.self)
    storedDirectoryByteCount = trailer.integer(at: 36, as: UInt32.self)
    frameTableChecksum = trailer.integer(at: 40, as: UInt32.self)
    directoryChecksum = trailer.integer(at: 44, as: UInt32.self)
    directoryCoding = trailer.integer(at: 48, as: UInt32.self)
    guard trailer.integer(at: 52, as: UInt32.self) == 0 else {
      throw ContainerError.notZero(file: file, part: "trailer", offset: start + 52)
    }
    guard fileByteCount == UInt64(bytes.count) else {
      throw ContainerError.wrongLength(file: file, stated: fileByteCount, actual: bytes.count)
    }
    let tableByteCount = UInt64(frameCount) * UInt64(ToneFormat.frameEntryByteCount)
    guard frameTableOffset >= UInt64(ToneFormat.headerByteCount), frameTableOffset <= UInt64(start),
      UInt64(start) - frameTableOffset >= tableByteCount
    else {
      throw ContainerError.misplaced(file: file, part: "frame table", offset: frameTableOffset)
    }
    guard directoryOffset == frameTableOffset + tableByteCount,
      directoryOffset + UInt64(storedDirectoryByteCount) == UInt64(start)
    else {
      throw ContainerError.misplaced(file: file, part: "directory", offset: directoryOffset)
    }
  }

  private static func checkHeader(_ bytes: UnsafeRawBufferPointer, file: String) throws {
    let covered = UnsafeRawBufferPointer(rebasing: bytes[..<60])
    guard Kernels.active.crc32c(covered) == bytes.integer(at: 60, as: UInt32.self) else {
      throw ContainerError.checksum(file: file, part: "header", offset: 0)
    }
    let major = bytes.integer(at: 8, as: UInt16.self)
    let minor = bytes.integer(at: 10, as: UInt16.self)
    guard major == ToneFormat.majorVersion else {
      throw ContainerError.unknownVersion(file: file, major: Int(major), minor: Int(minor))
    }
    if let offset = (12..<60).first(where: { bytes[$0] != 0 }) {
      throw ContainerError.notZero(file: file, part: "header", offset: offset)
    }
  }
}
