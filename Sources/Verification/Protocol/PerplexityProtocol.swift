// SPDX-License-Identifier: Apache-2.0

/// The rule that says which positions of a text are scored, and with how much context.
///
/// Perplexities under different protocols are not comparable; ratios between two models nearly are.
package enum PerplexityProtocol: String, Sendable, Codable, CaseIterable {
  /// Consecutive windows of `context` tokens; positions 1 ..< context of each are scored. A shorter
  /// rest is dropped unless it is the only window.
  case windows
  /// What llama.cpp's `llama-perplexity` does: the same windows, the first token of each replaced by
  /// the beginning-of-text token where the model wants one, and with h = context / 2 the positions
  /// h + 1 ..< context scored. It refuses texts shorter than two windows, and so does this.
  ///
  /// Source: ggml-org/llama.cpp 050fc7f, tools/perplexity/perplexity.cpp, `perplexity()`.
  case llamaCpp = "llama.cpp"

  /// The shortest context that has a scored position.
  package var minimumContext: Int {
    switch self {
    case .windows: 2
    case .llamaCpp: 3
    }
  }

  /// Cuts a text into windows.
  ///
  /// - Parameters:
  ///   - tokens: the whole text, tokenized once with the tokenizer's own special-token rule.
  ///   - context: the length of a window.
  ///   - modelContext: the longest window that the model's positions cover.
  ///   - maxWindows: keeps only the first windows; nil keeps all.
  ///   - beginningOfText: the id that llama.cpp puts at the start of every window, nil where the
  ///     model wants none; ``windows`` ignores it.
  /// - Throws: ``VerificationError`` where nothing would be scored or a window would not fit.
  package func cut(
    _ tokens: [Int32], context: Int, modelContext: Int, maxWindows: Int? = nil,
    beginningOfText: Int32? = nil
  ) throws(VerificationError) -> [Window] {
    guard !tokens.isEmpty else { throw .emptyText }
    guard context >= minimumContext else {
      throw .contextTooShort(context: context, needed: minimumContext)
    }
    guard context <= modelContext else {
      throw .contextTooLong(context: context, modelContext: modelContext)
    }
    if let maxWindows, maxWindows < 1 { throw .windowLimit(maxWindows) }

    // Twice the context may overflow only for contexts that `modelContext` has refused already.
    let needed = self == .windows ? 2 : 2 * context
    guard tokens.count >= needed else {
      throw .textTooShort(tokens: tokens.count, needed: needed)
    }
    if tokens.count < context {
      return [Window(index: 0, tokens: tokens, scored: 1..<tokens.count)]
    }
    let count = min(tokens.count / context, maxWindows ?? .max)
    return (0..<count).map { index in
      var window = Array(tokens[index * context..<(index + 1) * context])
      switch self {
      case .windows:
        return Window(index: index, tokens: window, scored: 1..<context)
      case .llamaCpp:
        if let beginningOfText { window[0] = beginningOfText }
        return Window(index: index, tokens: window, scored: context / 2 + 1..<context)
      }
    }
  }
}
