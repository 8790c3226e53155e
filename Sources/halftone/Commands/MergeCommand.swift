// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Verification

/// `halftone merge`: one verification out of parts.
struct MergeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Put the parts of a divided verification together.",
    discussion: """
      halftone merge part-1.json part-2.json part-3.json
      halftone merge parts/*.json --limit-ppl 0.01 --html report.html

      Parts are what `halftone verify --part I/N --json` printed, on any machine \
      and in any order. The result is that of the undivided run, but for the \
      seconds, which add up. The limits are those of the parts unless others are \
      given; the exit code is 2 if one is exceeded.
      """)

  @Argument(help: "The parts, all of them.", completion: .file(extensions: ["json"]))
  var parts: [String]

  @OptionGroup var limits: LimitOptions
  @OptionGroup var page: ReportPage

  @Flag(help: "Print one JSON document.")
  var json = false

  func run() throws {
    try page.requireWritable()
    let merged = try MergedVerification(parts, limits: limits.isAsked ? limits.limits : nil)
    let result = merged.verification
    try page.write(
      HTMLReport(verification: result, provenance: merged.provenance, decode: merged.decode))
    print(
      json ? try jsonText(result) : result.text(decode: merged.decode),
      terminator: json ? "" : "\n")
    if !result.withinLimits { throw ExitCode(2) }
  }
}
