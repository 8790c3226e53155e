// SPDX-License-Identifier: Apache-2.0

extension Generator {
  /// One sequence's share of a step.
  private struct Share {
    var sequence: GeneratedSequence
    /// Which of its tokens are evaluated.
    var tokens: Range<Int>
    /// Whether its next token follows from them.
    var isLast: Bool { tokens.upperBound == sequence.tokens.count }
  }

  /// Evaluates the next tokens of the sequences.
  ///
  /// Sequences for which there is no memory now wait until others have ended.
  /// - Returns: a token for each sequence whose prompt is read; those that ended with theirs are
  ///   removed.
  /// - Throws: ``InferenceError/cacheExhausted(limit:)`` where no sequence can go on,
  ///   ``InferenceError/nonFiniteLogit(window:position:)``, or the source's error.
  package func step() throws -> [GeneratedToken] {
    admit()
    let shares = try reservedShares()
    guard !shares.isEmpty else { return [] }
    let batch = batch(of: shares)
    workspace.positions.prepare(for: Set(shares.map(\.sequence.tokens.count)))
    let ids = shares.flatMap { $0.sequence.tokens[$0.tokens] }
    try decoder.run(ids, batch: batch, workspace: workspace, states: states)
    for share in shares {
      share.sequence.cache.advance(to: share.tokens.upperBound)
      share.sequence.evaluatedLength = share.sequence.tokens.count
    }

    let last = zip(shares, batch.segments).filter { $0.0.isLast }
    try makeLogits(ofRows: last.map { $0.1.rows.upperBound - 1 })
    let added = try last.enumerated().map { place, entry in
      let sequence = entry.0.sequence
      let row = UnsafeMutableBufferPointer(
        rebasing: logits.all[
          place * decoder.vocabularySize..<(place + 1) * decoder.vocabularySize])
      guard row.allSatisfy(\.isFinite) else {
        throw InferenceError.nonFiniteLogit(
          window: sequence.number, position: sequence.tokens.count - 1)
      }
      return sequence.add(from: row, context: capacity.length, with: decoder.math.unrounded)
    }
    for token in added where token.finish != nil { remove(token.sequence) }
    return added
  }

  /// Lets waiting sequences in while there is room.
  private func admit() {
    while active.count < capacity.sequenceCount, !waiting.isEmpty {
      active.append(waiting.removeFirst())
    }
  }

  /// What is evaluated in this step: the last token of every sequence whose prompt is read, and as
  /// much of the other prompts as there is room for, in the order of their arrival.
  private func reservedShares() throws -> [Share] {
    for sequence in active { restartIfNeeded(sequence) }
    var shares: [Share] = []
    var room = max(1, promptStep - active.count { !$0.isReading })
    var failure: InferenceError?
    for sequence in active {
      if sequence.isReading {
        guard room > 0 else { continue }
        if sequence.cache.count == 0 {
          if awaitsPrefix(sequence, of: shares.map(\.sequence)) { continue }
          shareLongestPrefix(with: sequence)
        }
      }
      let first = sequence.cache.count
      let end = min(first + (sequence.isReading ? room : 1), sequence.tokens.count)
      do { try sequence.cache.reserve(end) } catch {
        failure = failure ?? error
        continue
      }
      if sequence.isReading { room -= end - first }
      shares.append(Share(sequence: sequence, tokens: first..<end))
    }
    if shares.isEmpty, let failure { throw failure }
    return shares
  }

  private func batch(of shares: [Share]) -> Batch {
    var row = 0
    return Batch(
      shares.map { share in
        defer { row += share.tokens.count }
        return Batch.Segment(
          rows: row..<row + share.tokens.count, firstPosition: share.tokens.lowerBound,
          textLength: share.sequence.tokens.count, cache: share.sequence.cache)
      }, tiling: decoder.architecture.compute.tiling)
  }

  /// Makes logits of some rows of the states, one after the other.
  private func makeLogits(ofRows rows: [Int]) throws {
    let width = decoder.hiddenSize
    for (place, row) in rows.enumerated() {
      (lastStates.base + place * width).update(from: states.base + row * width, count: width)
    }
    decoder.finish(
      lastStates.base, batch: Batch(windowCount: 1, windowLength: rows.count))
    try decoder.logits(
      of: UnsafeBufferPointer(rebasing: lastStates.all[..<(rows.count * width)]), into: logits.all)
  }
}
