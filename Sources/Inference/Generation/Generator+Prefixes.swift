// SPDX-License-Identifier: Apache-2.0

extension Generator {
  /// Prefixes shorter than a block are computed again: sharing one copies a block per layer at once.
  private static var shortestPrefix: Int { BlockPool.tokenCount }

  /// Lets a sequence that has nothing stored begin with the blocks of the one that begins most alike.
  func shareLongestPrefix(with sequence: GeneratedSequence) {
    var best = Self.shortestPrefix - 1
    var donor: CachedSequence?
    for other in active where other !== sequence {
      let common = min(commonPrefix(of: sequence, and: other), other.cache.count)
      guard common > best, let shared = other.cache.sharing(common) else { continue }
      best = common
      donor = shared
    }
    if let donor { sequence.begin(with: donor) }
  }

  /// Whether a sequence that has nothing stored should let those that are evaluated in this step go
  /// first, because one of them will have stored what it can then begin with.
  func awaitsPrefix(_ sequence: GeneratedSequence, of others: [GeneratedSequence]) -> Bool {
    let stored =
      active.lazy.filter { $0 !== sequence }
      .map { [self] in min(commonPrefix(of: sequence, and: $0), $0.cache.count) }.max() ?? 0
    return others.contains {
      commonPrefix(of: sequence, and: $0) >= max(Self.shortestPrefix, stored + 1)
    }
  }

  /// How many first tokens two sequences could share once one of them has stored them.
  private func commonPrefix(of sequence: GeneratedSequence, and other: GeneratedSequence) -> Int {
    guard capacity.sharing == .sequences else { return 0 }
    // Where angles depend on the length, a prefix is only the same in texts of the same angles.
    let length = max(other.tokens.count, sequence.tokens.count)
    guard length <= decoder.architecture.steadyLength else { return 0 }
    // The last token is evaluated in any case, for the next one follows from it.
    return zip(other.tokens, sequence.tokens).prefix(sequence.tokens.count - 1)
      .prefix { $0 == $1 }.count
  }

  /// Evaluates a sequence from its beginning again where its angles change with its length.
  ///
  /// So does Transformers for LongRoPE, whose short and long factors make other keys of the same
  /// tokens. Dynamic scaling changes its angles with every token; there, as there, each key keeps those
  /// that it was made with.
  func restartIfNeeded(_ sequence: GeneratedSequence) {
    guard let switchLength = decoder.architecture.switchLength,
      sequence.tokens.count > switchLength, sequence.cache.count > 0,
      sequence.evaluatedLength <= switchLength
    else { return }
    sequence.cache.clear()
  }
}

extension Architecture {
  /// Texts up to this length have the same angles.
  var steadyLength: Int {
    layers.compactMap(\.attention.position.rotaryEmbedding).map { embedding in
      switch embedding.scaling {
      case .none, .linear, .llama3, .yarn: .max
      case .dynamic(_, let trainedLength), .long(_, _, let trainedLength, _): trainedLength
      }
    }.min() ?? .max
  }

  /// The length up to which one set of angles counts and beyond which another does.
  var switchLength: Int? {
    layers.compactMap(\.attention.position.rotaryEmbedding).compactMap { embedding in
      if case .long(_, _, let trainedLength, _) = embedding.scaling { trainedLength } else { nil }
    }.min()
  }
}
