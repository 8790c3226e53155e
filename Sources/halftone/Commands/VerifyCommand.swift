// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Conversion
import Foundation
import Inference
import Tensors
import Tokenization
import Verification

/// `halftone verify`: did quantization break it?
struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Prove how much a model lost: perplexity, divergence, agreement, error per layer.",
    discussion: """
      halftone verify model/ model.tone --text eval.txt
      halftone verify model/ model.tone --text eval.txt --html report.html
      halftone verify model/ model.tone --text eval.txt --limit-ppl 0.01
      halftone verify model/ model.tone --text eval.txt --compute bf16
      halftone verify large/ large.tone --text eval.txt --memory-limit 8GiB --resume run.json
      halftone verify model/ model.tone --text eval.txt --part 2/4 --json > part-2.json

      Both models see the same tokens, by the original's tokenizer. The exit \
      code is 2 if a limit is exceeded, but for a part it is 0: `halftone merge` \
      gives the verdict. With a memory limit some windows go through both models \
      layer by layer, and an interruption loses no more than those. --compute is \
      for figures that stand for a runtime which rounds activations: the original \
      stays exact.
      """)

  @Argument(help: "The original.", completion: .file())
  var original: String

  @Argument(help: "The candidate that is compared with it.", completion: .file())
  var candidate: String

  @OptionGroup var measured: TextOptions

  @OptionGroup var limits: LimitOptions
  @OptionGroup var arithmetic: ComputeArguments

  @Option(
    help: ArgumentHelp(
      "The same for the original; --compute is the candidate's alone.",
      valueName: "f32|bf16|f16|llm-int8"))
  var originalCompute = Compute.f32

  @OptionGroup var measurement: MeasurementOptions

  @Option(
    help: ArgumentHelp(
      "Measure only part I of N of the windows, for halftone merge; needs --json.",
      valueName: "i/n"))
  var part: PartArgument?

  @OptionGroup var work: WorkOptions
  @OptionGroup var page: ReportPage

  @Flag(help: "Print one JSON document.")
  var json = false

  func validate() throws {
    try arithmetic.check(with: measurement, originalCompute)
    guard part != nil else { return }
    guard json else { throw ValidationError("--part needs --json: its output is for merge.") }
    guard !page.isAsked else {
      throw ValidationError("--html does not go with --part; pass it to halftone merge.")
    }
  }

  func run() throws {
    let sources = (try openModel(at: original), try openModel(at: candidate))
    var text = try measured.load(for: sources.0, threads: work.threads)
    text.options.compute = arithmetic.compute
    text.options.originalCompute = originalCompute
    try page.requireWritable()
    let models = [
      try RunnableModel(sources.0, compute: originalCompute),
      try RunnableModel(sources.1, compute: arithmetic.compute),
    ]
    try text.check(against: models[0])
    try requireOneVocabulary(models[0].vocabularySize, models[1].vocabularySize)
    let all = try text.options.windows(
      of: text.ids, modelContext: min(models[0].contextLength, models[1].contextLength))
    let share = part?.ofWindows ?? .whole
    let windows = try share.select(from: all)
    let isRecorded = part != nil || measurement.resume != nil
    var record =
      try isRecorded
      ? WindowRecord<WindowComparison>(
        run: text.run(
          ModelIdentity(sources.0), ModelIdentity(sources.1), path: measured.text,
          windowCount: all.count), part: share) : nil
    let file = try record.flatMap { record in try measurement.resumeFile(for: record) }
    let decoders = try measurement.decoders(for: models, windows: windows, threads: work.threads)
    let line = Terminal.items("verifying", "windows")
    func measure(
      after finished: FinishedWindows<WindowComparison>, keep: WindowKeeping<WindowComparison>
    ) throws -> FinishedWindows<WindowComparison> {
      try compareWindows(
        windows, original: decoders[0], candidate: decoders[1], options: text.options,
        after: finished, keep: keep
      ) { line.show($0, of: $1) }
    }
    let finished =
      try file?.keeping(measure) ?? measure(after: FinishedWindows(), keep: { _ in })
    Terminal.finish()
    if part != nil {
      record?.add(finished)
      let part = record.map {
        VerificationPart($0, limits: limits.limits, decode: text.decode)
      }
      print(try jsonText(part), terminator: "")
      return
    }
    let result = Verification(
      finished, options: VerificationOptions(perplexity: text.options, limits: limits.limits))
    if page.isAsked {
      let tensors = try compareTensors(
        original: sources.0, candidate: sources.1, threads: work.threads)
      try page.write(
        HTMLReport(
          verification: result, tensors: tensors,
          provenance: Provenance(sources.0, sources.1, text: measured.text), decode: text.decode))
    }
    print(
      json ? try jsonText(result) : result.text(decode: text.decode), terminator: json ? "" : "\n")
    if !result.withinLimits { throw ExitCode(2) }
  }
}
