// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Conversion
import Foundation
import Inference
import Tensors
import Tokenization

/// `halftone bench`: how fast a model reads a prompt and goes on with it.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure latency and throughput.",
    discussion: """
      halftone bench model.tone
      halftone bench model.tone --prompt-tokens 2048 --generate-tokens 64 --batch 4 --json
      halftone bench model/ --prompt 'Why is the sky blue?' --repetitions 9

      Figures are medians of the repetitions, after one that warms up.
      """)

  @Argument(help: "The model to run.", completion: .file())
  var model: String

  @Option(help: ArgumentHelp("Tokens per synthetic prompt.", valueName: "n"))
  var promptTokens = 512

  @Option(help: ArgumentHelp("Tokens that are added to each prompt.", valueName: "n"))
  var generateTokens = 128

  @Option(help: ArgumentHelp("Prompts side by side.", valueName: "n"))
  var batch = 1

  @Option(help: ArgumentHelp("A real prompt instead of a synthetic one.", valueName: "text"))
  var prompt: String?

  @Option(help: ArgumentHelp("How often all is measured.", valueName: "n"))
  var repetitions = 5

  @OptionGroup var products: ProductArguments

  @OptionGroup var rounding: ComputeArguments

  @OptionGroup var work: WorkOptions

  @Flag(help: "Print one JSON document.")
  var json = false

  func validate() throws {
    try rounding.check(with: products.arithmetic)
    for (name, value) in [
      ("prompt-tokens", promptTokens), ("generate-tokens", generateTokens), ("batch", batch),
      ("repetitions", repetitions),
    ] {
      guard (1...1 << 24).contains(value) else {
        throw ValidationError("--\(name) takes a number from 1.")
      }
    }
  }

  func run() throws {
    let source = try openModel(at: model)
    let runnable = try RunnableModel(source, compute: rounding.compute)
    let prompts = try self.prompts(for: source, vocabularySize: runnable.vocabularySize)
    for prompt in prompts { try runnable.check(prompt: prompt) }
    // Nothing follows the last token, so it needs no position.
    let length = (prompts.first?.count ?? 0) + generateTokens - 1
    guard length <= runnable.contextLength else {
      throw InferenceError.promptTooLong(length: length, limit: runnable.contextLength)
    }
    let generator = Generator(
      try Decoder(runnable, threads: work.threads, productRule: .coded(products.arithmetic)),
      capacity: Generator.Capacity(length: length, sequenceCount: batch, sharing: .none))
    let line = Terminal.items("bench", "repetitions")
    var runs: [GenerationTiming] = []
    for repetition in 0...repetitions {
      let timing = try generator.time(prompts, tokenCount: generateTokens)
      if repetition > 0 { runs.append(timing) }
      line.show(repetition, of: repetitions)
    }
    Terminal.finish()
    let result = BenchResult(
      runs, promptTokens: prompts[0].count, generateTokens: generateTokens, batch: batch,
      threads: work.threads, arithmetic: products.arithmetic, compute: rounding.compute,
      cacheBytes: generator.peakCacheByteCount)
    if json { try JSONOutput.print(result) } else { print(result.text) }
  }

  /// As many prompts as are measured side by side; synthetic ones differ, as those of strangers do.
  private func prompts(for source: any ModelSource, vocabularySize: Int) throws -> [[Int32]] {
    if let prompt {
      let tokenizer = try Tokenizer(of: source)
      let ids = try tokenizer.frame.before + tokenizer.encode(prompt, addingSpecialTokens: false)
      try tokenizer.check(ids, embeddingCount: vocabularySize)
      return Array(repeating: ids, count: batch)
    }
    return (0..<batch).map { sequence in
      (0..<promptTokens).map { Int32(($0 * 7919 + sequence * 104_729 + 1) % vocabularySize) }
    }
  }
}
