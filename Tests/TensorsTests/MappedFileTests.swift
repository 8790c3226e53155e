// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors
import TestSupport
import Testing

@Suite struct MappedFileTests {
  @Test func `a range of a file is read where it is`() throws {
    let folder = try TemporaryFolder()
    let file = try MappedFile(path: folder.write("halftone", as: "a.txt"))
    #expect(file.byteCount == 8)
    #expect(file.name == "a.txt")
    #expect(try file.withBytes(in: 4..<8) { Data($0) } == Data("tone".utf8))
    #expect(try file.withBytes(in: 8..<8) { $0.count } == 0)
    for advice in [MappedFile.Advice.willNeed, .sequential, .dontNeed] {
      file.advise(advice, in: -5..<1_000_000)
    }
    #expect(file.withBytes { Data($0) } == Data("halftone".utf8))
  }

  @Test func `a range outside the file is an error`() throws {
    let file = MappedFile(copying: Data([1, 2, 3]), path: "memory")
    for range in [2..<4, -1..<1, 4..<4] {
      #expect(throws: FileError.rangeOutsideFile(path: "memory", range: range, byteCount: 3)) {
        try file.withBytes(in: range) { $0.count }
      }
    }
  }

  @Test func `an empty file has no bytes`() throws {
    let folder = try TemporaryFolder()
    let file = try MappedFile(path: folder.write("", as: "empty"))
    #expect(file.byteCount == 0)
    #expect(try file.withBytes(in: 0..<0) { $0.count } == 0)
    file.advise(.willNeed, in: 0..<0)
  }

  @Test func `what can't be mapped is named with the reason`() throws {
    let folder = try TemporaryFolder()
    let missing = folder.path("missing")
    #expect(throws: FileError.notFound(path: missing)) { try MappedFile(path: missing) }
    #expect(throws: FileError.isDirectory(path: folder.path)) { try MappedFile(path: folder.path) }
    #expect(throws: FileError.notRegularFile(path: "/dev/null")) {
      try MappedFile(path: "/dev/null")
    }
    let file = try folder.write("x", as: "file")
    #expect(throws: FileError.notDirectory(path: file + "/x")) { try MappedFile(path: file + "/x") }
  }

  @Test func `a system error carries its text and number`() {
    let error = FileError(code: EIO, path: "a", operation: .read)
    #expect(error == .system(path: "a", operation: .read, code: EIO))
    #expect(error.description.contains(String(cString: strerror(EIO))))
    #expect(FileError(code: ENOSPC, path: "a", operation: .write) == .noSpace(path: "a"))
    #expect(
      FileError(code: EACCES, path: "a", operation: .open)
        == .permissionDenied(path: "a", operation: .open))
  }
}
