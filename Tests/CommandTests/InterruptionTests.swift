// SPDX-License-Identifier: Apache-2.0

import Foundation
import ModelTestSupport
import Tensors
import TestSupport
import Testing

/// A model whose conversion takes long enough to be stopped, of zeros that take no room on disk.
@Suite(.serialized) struct InterruptionTests {
  /// How long a program may take to begin writing before the test gives up.
  private static let patience: TimeInterval = 60

  private struct NeverBegan: Error {}

  private static func sparseModel() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let (count, rows) = (8, 6000)
    let bytes = rows * 4096 * 2
    let entries = (0..<count).map { index in
      BadInput.entry(
        "t\(index).weight", "BF16", "[\(rows),4096]", "[\(index * bytes),\((index + 1) * bytes)]")
    }
    let header = Data("{\(entries.joined(separator: ","))}".utf8)
    let start = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Data($0) } + header
    try folder.write(start, as: "model.safetensors")
    let file = try FileHandle(forWritingTo: URL(filePath: folder.path("model.safetensors")))
    try file.truncate(atOffset: UInt64(start.count + count * bytes))
    try file.close()
    return folder
  }

  @Test(arguments: [
    (
      SIGINT, ["quantize", "model.safetensors", "-o", "m.tone", "--double-quant", "--threads", "1"]
    ),
    (
      SIGTERM,
      ["quantize", "model.safetensors", "-o", "m.tone", "--double-quant", "--threads", "2"]
    ),
    (
      SIGTERM,
      ["dequantize", "model.safetensors", "-o", "plain", "--dtype", "f32", "--threads", "1"]
    ),
  ])
  func `a signal ends a conversion with nothing left of it`(
    number: Int32, arguments: [String]
  ) throws {
    let folder = try Self.sparseModel()
    let outcome = try Program.run(Program.url, arguments, in: folder.path) { running in
      let deadline = Date.now + Self.patience
      while try folder.names().allSatisfy({ !$0.hasPrefix(".") }) {
        guard Date.now < deadline, running.process.isRunning else { throw NeverBegan() }
        usleep(1000)
      }
      kill(running.process.processIdentifier, number)
    }
    #expect(outcome.status == 1)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errorLines == ["error: interrupted; nothing was written"])
    #expect(try folder.names() == ["model.safetensors"])
  }

  /// A shell, for limits that only a process itself can set for its children.
  private static let shell = URL(filePath: "/bin/sh")

  @Test(arguments: [
    ["quantize", "model", "-o", "m.tone", "--scheme", "f32", "--compression", "none"],
    ["dequantize", "model", "-o", "plain", "--dtype", "f32"],
  ])
  func `a file that may not grow leaves nothing and is named`(arguments: [String]) throws {
    let model = try SmallModel([
      TestTensor("a.weight", .bf16, [200, 1024], TestTensor.spread(200 * 1024, seed: 1))
    ])
    // The limit is in blocks of 512 or 1024 bytes; without the trap the signal would end the program.
    let script = "trap '' XFSZ; ulimit -f 100; exec \"$0\" \"$@\""
    let outcome = try Program.run(
      Self.shell, ["-c", script, Program.url.path] + arguments, in: model.folder.path)
    BadInputTests.expectFailure(
      outcome, says: [arguments[0] == "quantize" ? "m.tone: " : "plain", "can't write", "check"])
    #expect(try model.outputs() == [])
  }

  @Test func `a device without space leaves nothing and is named`() throws {
    let model = try SmallModel([
      TestTensor("a.weight", .bf16, [300, 2048], TestTensor.spread(300 * 2048, seed: 1))
    ])
    try FileManager.default.createDirectory(
      atPath: model.folder.path("small"), withIntermediateDirectories: false)
    let mount = try? Program.run(
      URL(filePath: "/bin/mount"),
      ["-t", "tmpfs", "-o", "size=1m", "tmpfs", model.folder.path("small")])
    guard mount?.status == 0 else {
      print("skipped: a file system of its own can't be mounted here")
      return
    }
    defer { _ = try? Program.run(URL(filePath: "/bin/umount"), [model.folder.path("small")]) }
    for arguments in [
      ["quantize", "model", "-o", "small/m.tone", "--scheme", "f32", "--compression", "none"],
      ["dequantize", "model", "-o", "small/plain", "--dtype", "f32"],
    ] {
      BadInputTests.expectFailure(
        try Program.run(arguments, in: model.folder.path),
        says: ["small/", "no space left", "free some space"])
      #expect(try model.folder.names(in: "small") == [])
    }
  }
}
