// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation

/// How many threads work.
struct WorkOptions: ParsableArguments {
  @Option(help: ArgumentHelp("How many threads work.", valueName: "n"))
  var threads = ProcessInfo.processInfo.activeProcessorCount

  func validate() throws {
    guard (1...1024).contains(threads) else {
      throw ValidationError("--threads takes a number from 1 to 1024.")
    }
  }
}
