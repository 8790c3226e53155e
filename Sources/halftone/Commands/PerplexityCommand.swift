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
      """)

  @Argument(help: "The model to run.", completion: .file())
  var model: String

  @OptionGroup var measured: TextOptions
  @OptionGroup var work: WorkOptions

  @Flag(help: "Print one JSON document.")
  var json = false

  func run() throws {
    let source = try openModel(at: model)
    let text = try measured.load(for: source, threads: work.threads)
    let decoder = try Decoder(source, threads: work.threads)
    try text.check(against: decoder)
    let line = Terminal.items("perplexity", "windows")
    let result = try measurePerplexity(of: decoder, tokens: text.ids, options: text.options) {
      line.show($0, of: $1)
    }
    Terminal.finish()
    print(json ? try jsonText(result) : result.text, terminator: json ? "" : "\n")
  }
}
