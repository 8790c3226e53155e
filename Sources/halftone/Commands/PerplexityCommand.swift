// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Conversion
import Inference
import Verification

/// `halftone perplexity`: how well one model predicts a text.
struct PerplexityCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "perplexity",
    abstract: "Measure how well a model predicts a text.",
    discussion: """
      halftone perplexity model.tone --text eval.txt
      halftone perplexity model/ --text eval.txt --context 2048 --json
      halftone perplexity model.tone --text eval.txt --compute bf16
      halftone perplexity large/ --text eval.txt --memory-limit 8GiB --resume run.json
      """)

  @Argument(help: "The model to run.", completion: .file())
  var model: String

  @OptionGroup var measured: TextOptions
  @OptionGroup var arithmetic: ComputeArguments
  @OptionGroup var measurement: MeasurementOptions
  @OptionGroup var work: WorkOptions

  @Flag(help: "Print one JSON document.")
  var json = false

  func validate() throws { try arithmetic.check(with: measurement) }

  func run() throws {
    let source = try openModel(at: model)
    var text = try measured.load(for: source, threads: work.threads)
    text.options.compute = arithmetic.compute
    let runnable = try RunnableModel(source, compute: arithmetic.compute)
    try text.check(against: runnable)
    let windows = try text.options.windows(of: text.ids, modelContext: runnable.contextLength)
    let file = try measurement.resumeFile(
      for: WindowRecord<WindowScore>(
        run: text.run(ModelIdentity(source), path: measured.text, windowCount: windows.count)))
    let decoder = try measurement.decoders(
      for: [runnable], windows: windows, threads: work.threads)[0]
    let line = Terminal.items("perplexity", "windows")
    func measure(
      after finished: FinishedWindows<WindowScore>, keep: WindowKeeping<WindowScore>
    ) throws -> FinishedWindows<WindowScore> {
      try scoreWindows(windows, by: decoder, options: text.options, after: finished, keep: keep) {
        line.show($0, of: $1)
      }
    }
    let finished =
      try file?.keeping(measure) ?? measure(after: FinishedWindows(), keep: { _ in })
    Terminal.finish()
    let result = Perplexity(finished, options: text.options)
    print(json ? try jsonText(result) : result.text, terminator: json ? "" : "\n")
  }
}
