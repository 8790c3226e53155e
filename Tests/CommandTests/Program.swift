// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport

/// The built program, run as a user runs it.
enum Program {
  /// What a run left.
  struct Outcome {
    var status: Int32
    var output: String
    var error: String

    /// The lines on stderr that are not empty.
    var errorLines: [Substring] { error.split(separator: "\n") }
  }

  /// A run that has not ended.
  struct Running {
    let process: Process
    fileprivate let captured: TemporaryFolder

    /// What it has printed so far.
    func output() throws -> String {
      String(decoding: try captured.contents(of: "out"), as: UTF8.self)
    }
  }

  /// The program stands where the tests were built to.
  static let url: URL = {
    #if os(macOS)
      let bundle = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }
      let folder = (bundle ?? .main).bundleURL.deletingLastPathComponent()
    #else
      let folder = (Bundle.main.executableURL ?? URL(filePath: CommandLine.arguments[0]))
        .deletingLastPathComponent()
    #endif
    return folder.appending(path: "halftone")
  }()

  /// Runs the program to its end.
  ///
  /// - Parameter folder: the working directory.
  static func run(
    _ arguments: [String], in folder: String? = nil, environment: [String: String] = [:]
  ) throws -> Outcome {
    try run(url, arguments, in: folder, environment: environment) { _ in }
  }

  /// Runs any program, and does something while it runs.
  static func run(
    _ program: URL, _ arguments: [String], in folder: String? = nil,
    environment: [String: String] = [:], while body: (Running) throws -> Void = { _ in }
  ) throws -> Outcome {
    // Files and not pipes: a pipe that nobody empties stops the program.
    let captured = try TemporaryFolder()
    for name in ["out", "err"] { try captured.write("", as: name) }
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: URL(filePath: captured.path("out")))
    process.standardError = try FileHandle(forWritingTo: URL(filePath: captured.path("err")))
    if let folder { process.currentDirectoryURL = URL(filePath: folder) }
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    try process.run()
    do { try body(Running(process: process, captured: captured)) } catch {
      process.terminate()
      process.waitUntilExit()
      throw error
    }
    process.waitUntilExit()
    return Outcome(
      status: process.terminationStatus,
      output: String(decoding: try captured.contents(of: "out"), as: UTF8.self),
      error: String(decoding: try captured.contents(of: "err"), as: UTF8.self))
  }
}
