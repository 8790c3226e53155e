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

      Both models see the same tokens, by the original's tokenizer. The exit \
      code is 2 if a limit is exceeded.
      """)

  @Argument(help: "The original.", completion: .file())
  var original: String

  @Argument(help: "The candidate that is compared with it.", completion: .file())
  var candidate: String

  @OptionGroup var measured: TextOptions

  @Option(
    help: ArgumentHelp("Allow perplexity to grow by this share: 0.01 is 1 %.", valueName: "x"))
  var limitPpl: Double?

  @Option(help: ArgumentHelp("Allow this mean KL divergence, in nats.", valueName: "x"))
  var limitKl: Double?

  @OptionGroup var work: WorkOptions
  @OptionGroup var page: ReportPage

  @Flag(help: "Print one JSON document.")
  var json = false

  func validate() throws {
    for (name, limit) in [("--limit-ppl", limitPpl), ("--limit-kl", limitKl)] {
      if let limit, !(limit >= 0 && limit.isFinite) {
        throw ValidationError("\(name) takes a number from 0.")
      }
    }
  }

  func run() throws {
    let sources = (try openModel(at: original), try openModel(at: candidate))
    let text = try measured.load(for: sources.0, threads: work.threads)
    try page.requireWritable()
    let decoder = try Decoder(sources.0, threads: work.threads)
    try text.check(against: decoder)
    let line = Terminal.items("verifying", "windows")
    let result = try verify(
      original: decoder, candidate: Decoder(sources.1, threads: work.threads), tokens: text.ids,
      options: VerificationOptions(
        perplexity: text.options,
        limits: LimitSet(perplexity: limitPpl, divergence: limitKl))
    ) { line.show($0, of: $1) }
    Terminal.finish()
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
