// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors
import TestSupport
import Testing

@Suite struct AtomicFileTests {
  @Test func `a file appears at commit and nothing else stays`() throws {
    let folder = try TemporaryFolder()
    let file = try AtomicFile(path: folder.path("a"), overwrite: false)
    #expect(try file.append(Data("ha..".utf8)) == 0)
    #expect(try file.append(Data("tone".utf8)) == 4)
    try Data("lf".utf8).withUnsafeBytes { try file.write($0, at: 2) }
    #expect(file.byteCount == 8)
    #expect(try folder.names().allSatisfy { $0.hasPrefix(".a.") && $0.hasSuffix(".partial") })
    try file.commit()
    #expect(try folder.names() == ["a"])
    #expect(try folder.contents(of: "a") == Data("halftone".utf8))
    #expect(throws: FileError.alreadyClosed(path: folder.path("a"))) { try file.commit() }
    #expect(throws: FileError.alreadyClosed(path: folder.path("a"))) {
      try file.append(Data([1]))
    }
  }

  @Test func `a file that is dropped leaves nothing`() throws {
    let folder = try TemporaryFolder()
    do {
      let file = try AtomicFile(path: folder.path("a"), overwrite: false)
      try file.append(Data("x".utf8))
    }
    #expect(try folder.names() == [])
  }

  @Test func `an existing file is replaced on request only`() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("old", as: "a")
    #expect(throws: FileError.alreadyExists(path: path)) {
      try AtomicFile(path: path, overwrite: false)
    }
    let file = try AtomicFile(path: path, overwrite: true)
    try file.append(Data("new".utf8))
    #expect(try folder.contents(of: "a") == Data("old".utf8))
    try file.commit()
    #expect(try folder.contents(of: "a") == Data("new".utf8))
    #expect(try folder.names() == ["a"])
  }

  @Test func `a file that appeared meanwhile is not replaced`() throws {
    let folder = try TemporaryFolder()
    let file = try AtomicFile(path: folder.path("a"), overwrite: false)
    let path = try folder.write("other", as: "a")
    #expect(throws: FileError.alreadyExists(path: path)) { try file.commit() }
    #expect(try folder.names() == ["a"])
    #expect(try folder.contents(of: "a") == Data("other".utf8))
  }

  @Test func `places where no file can be are named`() throws {
    let folder = try TemporaryFolder()
    let none = FileError.noFolder(path: folder.path("none/a"), folder: folder.path("none"))
    #expect(throws: none) {
      try AtomicFile(path: folder.path("none/a"), overwrite: false)
    }
    #expect(throws: FileError.isDirectory(path: folder.path)) {
      try AtomicFile(path: folder.path, overwrite: true)
    }
    #expect(throws: FileError.notRegularFile(path: "/dev/null")) {
      try AtomicFile(path: "/dev/null", overwrite: true)
    }
  }

  @Test func `many threads append without a gap`() async throws {
    let folder = try TemporaryFolder()
    let file = try AtomicFile(path: folder.path("a"), overwrite: false)
    try await withThrowingTaskGroup { group in
      for value in UInt8(0)..<32 {
        group.addTask {
          for _ in 0..<50 { try file.append(Data(repeating: value, count: 7)) }
        }
      }
      try await group.waitForAll()
    }
    try file.commit()
    let bytes = try folder.contents(of: "a")
    #expect(bytes.count == 32 * 50 * 7)
    for value in UInt8(0)..<32 { #expect(bytes.count { $0 == value } == 350) }
  }

  @Test func `unfinished files and folders are removed when the program is ended`() throws {
    let folder = try TemporaryFolder()
    let registry = UnfinishedFiles(capacity: 8)
    let finished = try AtomicFile(path: folder.path("kept"), overwrite: false, registry: registry)
    try finished.commit()
    let file = try AtomicFile(path: folder.path("a"), overwrite: false, registry: registry)
    let directory = try AtomicDirectory(
      path: folder.path("model"), overwrite: false, registry: registry)
    let shard = try directory.file(named: "one")
    try shard.commit()
    let open = try directory.file(named: "two")
    registry.removeAll()
    #expect(try folder.names() == ["kept"])
    withExtendedLifetime((file, directory, open)) {}
  }

  @Test func `a registry without room leaves files alone`() throws {
    let folder = try TemporaryFolder()
    let registry = UnfinishedFiles(capacity: 0)
    let file = try AtomicFile(path: folder.path("a"), overwrite: false, registry: registry)
    registry.removeAll()
    try file.commit()
    #expect(try folder.names() == ["a"])
  }
}
