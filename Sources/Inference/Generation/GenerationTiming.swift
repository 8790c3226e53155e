// SPDX-License-Identifier: Apache-2.0

/// How long prompts and the tokens after them took, in seconds.
package struct GenerationTiming: Sendable {
  /// Until the last prompt was read.
  package var promptSeconds = 0.0
  /// From then on.
  package var generateSeconds = 0.0
  /// Until a sequence's first token, on average over the sequences.
  package var firstTokenSeconds = 0.0
  /// From one token of a sequence to the next, on average.
  package var outputTokenSeconds = 0.0
  package var totalSeconds = 0.0
}

extension Generator {
  /// Generates a number of tokens after each prompt, whatever they are; all join at once.
  ///
  /// With several prompts, tokens that come while others are still being read count as generated, so
  /// that the time after the last prompt is less than all of them took.
  /// - Throws: what ``add(_:)`` and ``step()`` throw.
  package func time(_ prompts: [[Int32]], tokenCount: Int) throws -> GenerationTiming {
    let start = ContinuousClock.now
    for prompt in prompts { _ = try add(GenerationRequest(prompt: prompt, tokenLimit: tokenCount)) }
    var clocks: [Int: TokenClock] = [:]
    var timing = GenerationTiming()
    while !isIdle {
      for token in try step() {
        var clock = clocks[token.sequence] ?? TokenClock(since: start)
        clock.tick()
        clocks[token.sequence] = clock
      }
    }
    timing.totalSeconds = (ContinuousClock.now - start) / .seconds(1)
    let count = Double(max(1, clocks.count))
    timing.promptSeconds = clocks.values.compactMap(\.secondsToFirst).max() ?? 0
    timing.generateSeconds = timing.totalSeconds - timing.promptSeconds
    timing.firstTokenSeconds = clocks.values.compactMap(\.secondsToFirst).reduce(0, +) / count
    timing.outputTokenSeconds = clocks.values.compactMap(\.secondsPerToken).reduce(0, +) / count
    return timing
  }
}
