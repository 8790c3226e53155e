// SPDX-License-Identifier: Apache-2.0

import Foundation
import Quantization
import Tensors

/// One `.tone` file, opened and checked; a model may be several. `formats/tone.md` says what it holds.
///
/// Opening reads the header, the trailer and the tables and checks every structural rule; frames are
/// checked when they are used, or all at once by ``check()``.
package final class ToneFile: Sendable {
  let file: MappedFile
  /// What the file says of itself.
  package let directory: Directory
  let components: [StoredComponent]
  let frames: [FrameEntry]
  /// Where the data area ends.
  let dataEnd: Int

  /// Opens a file.
  ///
  /// - Throws: ``FileError`` or ``ContainerError``.
  package convenience init(path: String) throws { try self.init(MappedFile(path: path)) }

  /// Opens a file that is mapped or in memory.
  package init(_ file: MappedFile) throws {
    self.file = file
    let parsed = try file.withBytes { bytes in
      let trailer = try Trailer(checking: bytes, file: file.path)
      let frames = try Self.readFrameTable(bytes, trailer, file: file.path)
      let directory = try Self.readDirectory(bytes, trailer, file: file.path)
      return (trailer, frames, directory)
    }
    dataEnd = Int(parsed.0.frameTableOffset)
    frames = parsed.1
    directory = parsed.2
    components = try StoredComponent.all(of: directory, frames: frames, file: file.path)
    try Self.checkPlacement(of: frames, dataEnd: dataEnd, file: file.path)
    try DirectoryRules(
      file: file.path, directory: directory, components: components
    ).check()
  }

  /// The path as it was opened.
  package var path: String { file.path }

  /// The number of frames.
  package var frameCount: Int { frames.count }

  /// Whether a file begins like a `.tone` file.
  package static func recognizes(path: String) -> Bool {
    guard let handle = FileHandle(forReadingAtPath: path) else { return false }
    defer { try? handle.close() }
    return (try? handle.read(upToCount: 8)).map { [UInt8]($0) == ToneFormat.magic } ?? false
  }

  private static func readFrameTable(
    _ bytes: UnsafeRawBufferPointer, _ trailer: Trailer, file: String
  ) throws -> [FrameEntry] {
    let start = Int(trailer.frameTableOffset)
    let table = UnsafeRawBufferPointer(rebasing: bytes[start..<Int(trailer.directoryOffset)])
    guard Kernels.active.crc32c(table) == trailer.frameTableChecksum else {
      throw ContainerError.checksum(file: file, part: "frame table", offset: start)
    }
    return try (0..<Int(trailer.frameCount)).map { index in
      let position = index * ToneFormat.frameEntryByteCount
      let offset = table.integer(at: position, as: UInt64.self)
      let byteCount = Int(table.integer(at: position + 8, as: UInt32.self))
      guard byteCount > 0 else {
        throw ContainerError.framePlacement(
          file: file, frame: index, offset: offset, problem: "it is empty")
      }
      guard offset >= UInt64(ToneFormat.headerByteCount), offset <= UInt64(start),
        UInt64(start) - offset >= UInt64(byteCount)
      else {
        throw ContainerError.framePlacement(
          file: file, frame: index, offset: offset, problem: "outside the data area")
      }
      return FrameEntry(
        offset: Int(offset), byteCount: byteCount,
        checksum: table.integer(at: position + 12, as: UInt32.self))
    }
  }

  private static func readDirectory(
    _ bytes: UnsafeRawBufferPointer, _ trailer: Trailer, file: String
  ) throws -> Directory {
    let start = Int(trailer.directoryOffset)
    let stored = UnsafeRawBufferPointer(
      rebasing: bytes[start..<start + Int(trailer.storedDirectoryByteCount)])
    guard Kernels.active.crc32c(stored) == trailer.directoryChecksum else {
      throw ContainerError.checksum(file: file, part: "directory", offset: start)
    }
    let limit = min(
      ToneFormat.maximumDirectoryByteCount, bytes.count + ToneFormat.directoryAllowance)
    guard trailer.directoryByteCount <= UInt64(limit) else {
      throw ContainerError.directory(
        file: file, problem: "\(trailer.directoryByteCount) bytes are more than \(limit)")
    }
    let coding: [FrameCoding]
    switch trailer.directoryCoding {
    case 0: coding = []
    case 1: coding = [.zstd]
    default:
      throw ContainerError.unknownCoding(
        file: file, item: "directory", coding: String(trailer.directoryCoding))
    }
    var json = Data(count: Int(trailer.directoryByteCount))
    let problem = json.withUnsafeMutableBytes { FrameCoder().decode(stored, coding, into: $0) }
    if let problem { throw ContainerError.directory(file: file, problem: problem) }
    do {
      try JSONScan.validate(json)
      return try JSONDecoder().decode(Directory.self, from: json)
    } catch let error as JSONError {
      throw ContainerError.directory(file: file, problem: error.description)
    } catch let error as DecodingError {
      throw ContainerError.directory(file: file, problem: Self.sentence(for: error))
    }
  }

  private static func sentence(for error: DecodingError) -> String {
    let context: DecodingError.Context
    switch error {
    case .keyNotFound(let key, let found):
      return "\(place(found)) lacks '\(key.stringValue)'"
    case .typeMismatch(_, let found), .valueNotFound(_, let found), .dataCorrupted(let found):
      context = found
    @unknown default: return "not of the specified shape"
    }
    return "\(place(context)) has a value of the wrong kind"
  }

  private static func place(_ context: DecodingError.Context) -> String {
    let path = context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }
    return path.isEmpty ? "it" : path.joined(separator: ".")
  }

  /// Frames do not overlap and leave only alignment between them.
  private static func checkPlacement(
    of frames: [FrameEntry], dataEnd: Int, file: String
  ) throws {
    var end = ToneFormat.headerByteCount
    for index in frames.indices.sorted(by: { frames[$0].offset < frames[$1].offset }) {
      let frame = frames[index]
      guard frame.offset >= end else {
        throw ContainerError.framePlacement(
          file: file, frame: index, offset: UInt64(frame.offset), problem: "overlaps another")
      }
      guard frame.offset - end < ToneFormat.alignment else {
        throw ContainerError.framePlacement(
          file: file, frame: index, offset: UInt64(frame.offset),
          problem: "leaves a hole of \(frame.offset - end) bytes before it")
      }
      end = frame.range.upperBound
    }
    guard dataEnd - end < ToneFormat.alignment else {
      throw ContainerError.misplaced(file: file, part: "frame table", offset: UInt64(dataEnd))
    }
  }
}
