// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Conversion
import Verification

/// `halftone report`: the error of every tensor, without running the models.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Compare two models tensor by tensor, without running them.",
    discussion: """
      halftone report model/ model.tone
      halftone report model/ model.tone --html report.html
      halftone report model/ somebody-elses-model/ --json
      """)

  @Argument(help: "The original.", completion: .file())
  var original: String

  @Argument(help: "The candidate that is compared with it.", completion: .file())
  var candidate: String

  @OptionGroup var work: WorkOptions
  @OptionGroup var page: ReportPage

  @Flag(help: "Print one JSON document.")
  var json = false

  func run() throws {
    let sources = (try openModel(at: original), try openModel(at: candidate))
    try page.requireWritable()
    let line = Terminal.items("comparing", "weights")
    let tensors = try compareTensors(
      original: sources.0, candidate: sources.1, threads: work.threads
    ) { line.show($0, of: $1) }
    Terminal.finish()
    try page.write(
      HTMLReport(tensors: tensors, provenance: Provenance(sources.0, sources.1)))
    print(json ? try jsonText(tensors) : tensors.text, terminator: json ? "" : "\n")
  }
}
