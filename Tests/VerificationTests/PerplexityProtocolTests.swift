// SPDX-License-Identifier: Apache-2.0

import Testing
import Verification

@Suite struct PerplexityProtocolTests {
  let text = (0..<11).map { Int32($0) }

  @Test func `windows are consecutive, score all but their first token, and drop the rest`() throws
  {
    let windows = try PerplexityProtocol.windows.cut(text, context: 4, modelContext: 8)
    #expect(
      windows == [
        Window(index: 0, tokens: [0, 1, 2, 3], scored: 1..<4),
        Window(index: 1, tokens: [4, 5, 6, 7], scored: 1..<4),
      ])
  }

  @Test func `a rest that is the only window is kept`() throws {
    let windows = try PerplexityProtocol.windows.cut([5, 6, 7], context: 4, modelContext: 4)
    #expect(windows == [Window(index: 0, tokens: [5, 6, 7], scored: 1..<3)])
  }

  @Test func `a limit keeps the first windows`() throws {
    let windows = try PerplexityProtocol.windows.cut(
      text, context: 2, modelContext: 8, maxWindows: 3)
    #expect(windows.map(\.tokens) == [[0, 1], [2, 3], [4, 5]])
  }

  @Test func `llama.cpp's rule scores the second half and replaces the first token`() throws {
    let windows = try PerplexityProtocol.llamaCpp.cut(
      text, context: 5, modelContext: 8, beginningOfText: 99)
    #expect(
      windows == [
        Window(index: 0, tokens: [99, 1, 2, 3, 4], scored: 3..<5),
        Window(index: 1, tokens: [99, 6, 7, 8, 9], scored: 3..<5),
      ])
  }

  @Test func `llama.cpp's rule counts n_ctx - n_ctx/2 - 1 tokens per window`() throws {
    let long = [Int32](repeating: 1, count: 1024)
    for context in [3, 4, 511, 512] {
      let windows = try PerplexityProtocol.llamaCpp.cut(
        long, context: context, modelContext: 512)
      #expect(windows.allSatisfy { $0.scored.count == context - context / 2 - 1 })
      #expect(windows.allSatisfy { $0.tokens[0] == 1 })
    }
  }

  @Test func `what can't be cut says why`() {
    func cut(
      _ rule: PerplexityProtocol, _ count: Int, context: Int, limit: Int? = nil
    ) throws(VerificationError) {
      _ = try rule.cut(
        Array(repeating: 0, count: count), context: context, modelContext: 8, maxWindows: limit)
    }
    #expect(throws: VerificationError.emptyText) { try cut(.windows, 0, context: 4) }
    #expect(throws: VerificationError.textTooShort(tokens: 1, needed: 2)) {
      try cut(.windows, 1, context: 4)
    }
    #expect(throws: VerificationError.textTooShort(tokens: 7, needed: 8)) {
      try cut(.llamaCpp, 7, context: 4)
    }
    #expect(throws: VerificationError.contextTooShort(context: 1, needed: 2)) {
      try cut(.windows, 9, context: 1)
    }
    #expect(throws: VerificationError.contextTooShort(context: 2, needed: 3)) {
      try cut(.llamaCpp, 9, context: 2)
    }
    #expect(throws: VerificationError.contextTooLong(context: 9, modelContext: 8)) {
      try cut(.windows, 20, context: 9)
    }
    #expect(throws: VerificationError.windowLimit(0)) {
      try cut(.windows, 20, context: 4, limit: 0)
    }
  }
}
