// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@Suite struct HelpTests {
  /// The commands as the program itself lists them.
  private static let commands: [String] = {
    guard let help = try? Program.run(["--help"]).output,
      let start = help.range(of: "SUBCOMMANDS:\n")
    else { return [] }
    let list = help[start.upperBound...]
    return list[..<(list.range(of: "\n\n")?.lowerBound ?? list.endIndex)].split(separator: "\n")
      .filter { $0.hasPrefix("  ") && !$0.hasPrefix("   ") }
      .compactMap { $0.split(separator: " ").first.map(String.init) }
  }()

  @Test func `the program lists its commands and shows how they are used`() throws {
    let help = try Program.run(["--help"])
    #expect(help.status == 0 && help.error.isEmpty)
    for command in ["inspect", "quantize", "dequantize", "check", "tokenize"] {
      #expect(Self.commands.contains(command))
    }
    #expect(help.output.contains("halftone quantize model/ -o model.tone"))
    #expect(help.output.contains("Exit codes: 0 done, 1 failed"))
  }

  @Test(arguments: commands) func `a command's help has examples of it`(command: String) throws {
    guard command != "help" else { return }
    let help = try Program.run([command, "--help"])
    #expect(help.status == 0 && help.error.isEmpty)
    let overview = help.output.components(separatedBy: "USAGE:")[0]
    #expect(overview.contains("halftone \(command) "))
    #expect(help.output.contains("OPTIONS:"))
  }

  @Test(arguments: ["bash", "zsh", "fish"])
  func `there are completions for a shell`(shell: String) throws {
    let outcome = try Program.run(["--generate-completion-script", shell])
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("quantize") && outcome.output.contains("double-quant"))
  }

  @Test func `the version is a version`() throws {
    let outcome = try Program.run(["--version"])
    #expect(outcome.status == 0)
    #expect(outcome.output.split(separator: ".").count == 3)
  }

  @Test(arguments: [
    ["nonsense"], ["quantize"], ["quantize", "m"], ["quantize", "m", "-o", "x", "--what"],
    ["quantize", "m", "-o", "x", "--compression", "20"],
    ["quantize", "m", "-o", "x", "--threads", "0"], ["quantize", "m", "-o", "x", "--part", "3/2"],
    ["quantize", "m", "-o", "x", "--scheme", "q4"],
    ["quantize", "m", "-o", "x", "--block-size", "48"],
    ["quantize", "m", "-o", "x", "--scheme", "int4", "--double-quant"],
    ["quantize", "m", "-o", "x", "--scales", "best"], ["dequantize", "m"],
    ["dequantize", "m", "-o", "x", "--dtype", "f64"], ["inspect"], ["check", "a", "b"],
  ])
  func `wrong usage exits with 64 and says so`(arguments: [String]) throws {
    let folder = try TemporaryFolder()
    let outcome = try Program.run(arguments, in: folder.path)
    #expect(outcome.status == 64)
    #expect(outcome.output.isEmpty)
    #expect(outcome.error.hasPrefix("Error: "))
    #expect(try folder.names() == [])
  }
}
