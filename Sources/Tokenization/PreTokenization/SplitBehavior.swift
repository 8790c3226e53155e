// SPDX-License-Identifier: Apache-2.0

/// What becomes of a delimiter when text is split at it.
enum SplitBehavior: String, CaseIterable, Sendable {
  /// It is dropped.
  case removed = "Removed"
  /// It is a piece of its own.
  case isolated = "Isolated"
  /// It ends the piece before it.
  case mergedWithPrevious = "MergedWithPrevious"
  /// It opens the piece after it.
  case mergedWithNext = "MergedWithNext"
  /// Neighbouring delimiters form one piece.
  case contiguous = "Contiguous"

  /// Cuts `bytes` at the matches of `pattern`.
  ///
  /// - Parameter inverted: what lies between the matches is the delimiter.
  func cut(_ bytes: Bytes, at pattern: any TextPattern, inverted: Bool) throws -> [Range<Int>] {
    var result: [Range<Int>] = []
    var afterDelimiter = false

    func add(_ range: Range<Int>, isDelimiter: Bool) {
      let joins: Bool
      switch self {
      case .removed:
        if !isDelimiter { result.append(range) }
        return
      case .isolated: joins = false
      case .contiguous: joins = isDelimiter == afterDelimiter && !result.isEmpty
      case .mergedWithPrevious: joins = isDelimiter && !afterDelimiter && !result.isEmpty
      case .mergedWithNext: joins = !isDelimiter && afterDelimiter
      }
      if joins, let last = result.indices.last {
        result[last] = result[last].lowerBound..<range.upperBound
      } else {
        result.append(range)
      }
      afterDelimiter = isDelimiter
    }

    var position = 0
    try pattern.forEachMatch(in: bytes) { match in
      if position < match.lowerBound {
        add(position..<match.lowerBound, isDelimiter: inverted)
      }
      add(match, isDelimiter: !inverted)
      position = match.upperBound
    }
    if position < bytes.count { add(position..<bytes.count, isDelimiter: inverted) }
    return result
  }
}

extension Part {
  func splitBehavior(_ member: String, default standard: SplitBehavior? = nil) throws
    -> SplitBehavior
  {
    if let standard, optional(member) == nil { return standard }
    let name = try string(member)
    guard let behavior = SplitBehavior(rawValue: name) else {
      throw TokenizationError.unsupportedOption(path: path, key: self.name(member), value: name)
    }
    return behavior
  }
}
