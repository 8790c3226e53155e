// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Conversion
import Foundation
import Inference
import Tensors
import Tokenization

/// `halftone generate`: how a model goes on with a text.
struct GenerateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Go on with a text.",
    discussion: """
      halftone generate model.tone --prompt 'The little boat'
      halftone generate model/ --chat --prompt 'Why is the sky blue?' --temperature 0.7 --top-p 0.9
      halftone generate model.gguf --prompt 'List:' --stop '\\n\\n' --json

      The text goes to stdout as it comes. Ctrl-C ends it where it is.
      """)

  @Argument(help: "The model to run.", completion: .file())
  var model: String

  @Option(help: ArgumentHelp("What the text begins with.", valueName: "text"))
  var prompt: String

  @OptionGroup var chat: ChatArguments

  @Option(help: ArgumentHelp("Add at most that many tokens.", valueName: "n"))
  var maxTokens = 256

  @OptionGroup var sampling: SamplingArguments

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp("End before this string; may be given several times.", valueName: "text"))
  var stop: [String] = []

  @Option(
    help: ArgumentHelp(
      "Let keys and values take at most this, such as 800MB or 4GiB (default: what they need).",
      valueName: "size"))
  var cacheLimit: MemorySize?

  @OptionGroup var products: ProductArguments

  @OptionGroup var work: WorkOptions

  @Flag(help: "Print one JSON document, at the end.")
  var json = false

  func validate() throws {
    guard maxTokens >= 1 else { throw ValidationError("--max-tokens takes a number from 1.") }
    guard stop.allSatisfy({ !$0.isEmpty }) else {
      throw ValidationError("--stop takes a string that is not empty.")
    }
  }

  func run() throws {
    let source = try openModel(at: model)
    let runnable = try RunnableModel(source)
    let tokenizer = try Tokenizer(of: source)
    let defaults = try GenerationDefaults(of: source)
    let ids = try chat.tokens(of: prompt, for: source, with: tokenizer)
    try tokenizer.check(ids, embeddingCount: runnable.vocabularySize)
    try runnable.check(prompt: ids)
    let request = GenerationRequest(
      prompt: ids, sampling: try sampling.options(besides: defaults), tokenLimit: maxTokens,
      endTokens: defaults.endTokens)
    let generator = Generator(
      try Decoder(runnable, threads: work.threads, productRule: .coded(products.arithmetic)),
      capacity: Generator.Capacity(
        length: ids.count + min(maxTokens, runnable.contextLength),
        cacheByteLimit: cacheLimit?.byteCount))

    Interruption.postpone()
    var text = GeneratedText(
      request, arithmetic: products.arithmetic, tokenizer: tokenizer, stop: stop)
    try text.run(generator) { piece in
      guard !json else { return }
      try FileHandle.standardOutput.write(contentsOf: Data(piece.utf8))
    }
    if json {
      try JSONOutput.print(text.result(generator))
    } else {
      print()
      Terminal.say(text.summary)
    }
    if text.finish == .interruption { throw ExitCode.failure }
  }
}
