// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport

/// The Python that runs the independent reader.
enum Python {
  private static let command =
    ProcessInfo.processInfo.environment["HALFTONE_PYTHON"].map { [$0] }
    ?? ["/usr/bin/env", "python3"]

  /// Whether it is there and has what the reader needs.
  static let isUsable: Bool =
    (try? run(["-c", "import numpy, zstandard"], in: Fixtures.repository).status) == 0

  /// Runs it; returns what it printed and its exit status. It finds the reader as a module.
  static func run(_ arguments: [String], in folder: URL) throws -> (output: String, status: Int32) {
    let process = Process()
    process.executableURL = URL(filePath: command[0])
    process.arguments = command.dropFirst() + arguments
    process.currentDirectoryURL = folder
    var environment = ProcessInfo.processInfo.environment
    environment["PYTHONPATH"] = Fixtures.repository.appending(path: "examples").path
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    process.environment = environment
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let text = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (String(decoding: text, as: UTF8.self), process.terminationStatus)
  }
}
