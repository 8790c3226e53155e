// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Conversion
import Foundation
import Inference
import Tensors
import Tokenization
import Verification

/// On which text a model is measured, and how the text is cut.
struct TextOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("The text to measure on, UTF-8.", valueName: "file"), completion: .file())
  var text: String

  @Option(help: ArgumentHelp("Tokens per window.", valueName: "n"))
  var context = 512

  @Option(help: ArgumentHelp("Stop after that many windows.", valueName: "n"))
  var maxWindows: Int?

  @Option(
    name: .customLong("protocol"),
    help: "How windows are scored: windows, or llama.cpp as that program does it.")
  var scoring = PerplexityProtocol.windows

  func validate() throws {
    guard context >= 2 else { throw ValidationError("--context takes a number from 2.") }
    if let maxWindows, maxWindows < 1 {
      throw ValidationError("--max-windows takes a number from 1.")
    }
  }

  /// The ids of the text by a model's own tokenizer, and how they are cut.
  ///
  /// - Throws: `FileError`, `TokenizationError`, `VerificationError/emptyText`.
  func load(for model: any ModelSource, threads: Int) throws -> MeasuredText {
    let contents = try TextFile.read(text)
    // Its ids may still hold the token that begins every text.
    guard !contents.isEmpty else { throw VerificationError.emptyText }
    let tokenizer = try Tokenizer(of: model)
    let ids = try tokenizer.encode(contents)
    return MeasuredText(
      ids: ids, tokenizer: tokenizer,
      options: PerplexityOptions(
        scoring: scoring, context: context, maxWindows: maxWindows,
        beginningOfText: scoring == .llamaCpp ? tokenizer.bosToken : nil, threads: threads))
  }
}

extension PerplexityProtocol: ExpressibleByArgument {}

/// A text as tokens.
struct MeasuredText {
  var ids: [Int32]
  var tokenizer: Tokenizer
  var options: PerplexityOptions

  /// What is measured on this text.
  func run(
    _ model: ModelIdentity, _ candidate: ModelIdentity? = nil, path: String, windowCount: Int
  ) -> MeasuredRun {
    MeasuredRun(
      tool: Tool.nameAndVersion, model: model, candidate: candidate,
      text: TextIdentity(path: path, tokens: ids, beginningOfText: options.beginningOfText),
      options: options, windowCount: windowCount)
  }

  /// Checks, before anything is computed, that a model knows every token.
  ///
  /// - Throws: `TokenizationError`.
  func check(against model: RunnableModel) throws {
    try tokenizer.check(ids, embeddingCount: model.vocabularySize)
  }

  /// Turns ids back into text for people; ids that have none stay numbers.
  func decode(_ ids: [Int32]) -> String {
    (try? tokenizer.decode(ids, skippingSpecialTokens: false))
      ?? ids.map(String.init).joined(separator: " ")
  }
}
