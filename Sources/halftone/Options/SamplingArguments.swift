// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Inference

/// How tokens are chosen.
struct SamplingArguments: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Divide logits by this; 0 always takes the most likely token "
        + "(default: the model's own, or 0 where it has none).", valueName: "t"))
  var temperature: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Choose among that many of the most likely tokens.", valueName: "n"))
  var topK: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Choose among the fewest tokens whose probabilities reach this.", valueName: "p"))
  var topP: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Divide positive logits of tokens that came already by this.", valueName: "x"))
  var repetitionPenalty: Double?

  @Option(help: ArgumentHelp("Determines every choice.", valueName: "n"))
  var seed: UInt64 = 0

  func validate() throws {
    do {
      _ = try SamplingOptions(
        temperature: temperature ?? 0, topK: topK, topP: topP ?? 1,
        repetitionPenalty: repetitionPenalty ?? 1)
    } catch { throw ValidationError("\(error)") }
  }

  /// What is given, and for the rest what the model says itself.
  ///
  /// - Throws: `InferenceError` where the model's own values are out of their range.
  func options(besides defaults: GenerationDefaults) throws -> SamplingOptions {
    try SamplingOptions(
      temperature: temperature ?? defaults.temperature ?? 0, topK: topK ?? defaults.topK,
      topP: topP ?? defaults.topP ?? 1,
      repetitionPenalty: repetitionPenalty ?? defaults.repetitionPenalty ?? 1, seed: seed)
  }
}
