// SPDX-License-Identifier: Apache-2.0

/// When tokens came.
package struct TokenClock: Sendable {
  private var beginning: ContinuousClock.Instant
  private var first: ContinuousClock.Instant?
  private var last: ContinuousClock.Instant?
  private var count = 0

  /// - Parameter beginning: when the prompt went in.
  package init(since beginning: ContinuousClock.Instant = .now) { self.beginning = beginning }

  /// The prompt goes in now.
  package mutating func start() { self = TokenClock() }

  /// A token came.
  package mutating func tick() {
    let now = ContinuousClock.now
    first = first ?? now
    last = now
    count += 1
  }

  /// From the start to the first token; nil where none came.
  package var secondsToFirst: Double? { first.map { ($0 - beginning) / .seconds(1) } }

  /// From the start to the last token.
  package var latency: Double? { last.map { ($0 - beginning) / .seconds(1) } }

  /// From one token to the next, on average; nil where fewer than two came.
  package var secondsPerToken: Double? {
    guard let first, let last, count > 1 else { return nil }
    return (last - first) / .seconds(1) / Double(count - 1)
  }

  /// Tokens after the first, per second between the first and the last.
  package var tokensPerSecond: Double? { secondsPerToken.map { 1 / max($0, 1e-12) } }
}
