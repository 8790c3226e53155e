// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// The command line. Each subcommand is one file; this one only names them.
@main
struct HalftoneCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "halftone",
    abstract: "Converts and quantizes language-model checkpoints, and proves the result.",
    version: "0.1.0",
    subcommands: [TokenizeCommand.self])
}
