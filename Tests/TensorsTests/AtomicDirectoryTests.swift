// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors
import TestSupport
import Testing

@Suite struct AtomicDirectoryTests {
  private func write(_ text: String, as name: String, in directory: AtomicDirectory) throws {
    let file = try directory.file(named: name)
    try file.append(Data(text.utf8))
    try file.commit()
  }

  @Test func `a folder appears at commit with all of its files`() throws {
    let folder = try TemporaryFolder()
    let directory = try AtomicDirectory(path: folder.path("model/"), overwrite: false)
    try write("{}", as: "config.json", in: directory)
    #expect(!FileManager.default.fileExists(atPath: folder.path("model")))
    try directory.commit()
    #expect(try folder.names() == ["model"])
    #expect(try folder.names(in: "model") == ["config.json"])
    #expect(throws: FileError.alreadyClosed(path: folder.path("model/"))) {
      try directory.commit()
    }
  }

  @Test func `a folder that is dropped leaves nothing`() throws {
    let folder = try TemporaryFolder()
    do {
      let directory = try AtomicDirectory(path: folder.path("model"), overwrite: false)
      try write("{}", as: "config.json", in: directory)
    }
    #expect(try folder.names() == [])
  }

  @Test func `a model's folder is replaced on request only`() throws {
    let folder = try TemporaryFolder()
    for (text, overwrite) in [("old", false), ("new", true)] {
      let directory = try AtomicDirectory(path: folder.path("model"), overwrite: overwrite)
      try write(text, as: "config.json", in: directory)
      try write(text, as: text, in: directory)
      try directory.commit()
    }
    #expect(try folder.names() == ["model"])
    #expect(try folder.names(in: "model") == ["config.json", "new"])
    #expect(throws: FileError.alreadyExists(path: folder.path("model"))) {
      try AtomicDirectory(path: folder.path("model"), overwrite: false)
    }
  }

  @Test func `a folder with anything but a model is never replaced`() throws {
    let folder = try TemporaryFolder()
    try folder.write("precious", as: "thesis.txt")
    #expect(throws: FileError.holdsForeignFiles(path: folder.path, name: "thesis.txt")) {
      try AtomicDirectory(path: folder.path, overwrite: true)
    }
    try folder.write("{}", as: "config.json")
    try FileManager.default.createDirectory(
      atPath: folder.path("photos"), withIntermediateDirectories: false)
    #expect(throws: FileError.holdsForeignFiles(path: folder.path, name: "photos")) {
      try AtomicDirectory(path: folder.path, overwrite: true)
    }
    #expect(throws: FileError.notDirectory(path: folder.path("thesis.txt"))) {
      try AtomicDirectory(path: folder.path("thesis.txt"), overwrite: true)
    }
  }
}
