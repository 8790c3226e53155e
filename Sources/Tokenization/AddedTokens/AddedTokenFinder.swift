// SPDX-License-Identifier: Apache-2.0

/// Finds added tokens in text: leftmost first, and of those that start at one place the longest.
struct AddedTokenFinder: Sendable {
  /// A stretch of text: an added token, or what lies between two.
  struct Section {
    var range: Range<Int>
    var id: Int32?
  }

  private var trie = ByteTrie()
  private var tokens: [AddedToken] = []
  private var opens = Array(repeating: false, count: 256)

  /// - Parameter form: the string by which each token is searched.
  init(_ tokens: [AddedToken], form: (AddedToken) throws -> String) rethrows {
    for token in tokens {
      let form = try form(token)
      guard let first = form.utf8.first else { continue }
      opens[Int(first)] = true
      trie.insert(form.utf8, Int32(self.tokens.count))
      self.tokens.append(token)
    }
  }

  /// Cuts `bytes` into sections that cover it, in order.
  ///
  /// White space that a token takes along belongs to its section.
  func sections(of bytes: Bytes) -> [Section] {
    var sections: [Section] = []
    var covered = 0
    var position = 0
    while position < bytes.count {
      guard opens[Int(bytes[position])], let (length, token) = longest(in: bytes, at: position)
      else {
        position += 1
        continue
      }
      let match = position..<position + length
      position = match.upperBound
      if token.isSingleWord, touchesWord(match, in: bytes) { continue }
      var start = match.lowerBound
      var end = match.upperBound
      if token.stripsLeft { start = leftEnd(of: start, notBefore: covered, in: bytes) }
      // Where an earlier token took the same space along, its end is known.
      if token.stripsRight { end = end < covered ? covered : rightEnd(of: end, in: bytes) }
      if covered < start { sections.append(Section(range: covered..<start)) }
      sections.append(Section(range: min(start, end)..<end, id: token.id))
      covered = end
    }
    if covered < bytes.count { sections.append(Section(range: covered..<bytes.count)) }
    return sections
  }

  private func longest(in bytes: Bytes, at position: Int) -> (Int, AddedToken)? {
    var longest: (Int, AddedToken)?
    trie.forEachPrefix(of: bytes, at: position) { length, index in
      longest = (length, tokens[Int(index)])
    }
    return longest
  }

  private func touchesWord(_ range: Range<Int>, in bytes: Bytes) -> Bool {
    range.lowerBound > 0 && bytes.scalar(before: range.lowerBound).scalar.isWordCharacter
      || range.upperBound < bytes.count
        && bytes.scalar(at: range.upperBound).scalar.isWordCharacter
  }

  /// Where the white space that ends at `offset` starts, or `limit` where that's further right.
  private func leftEnd(of offset: Int, notBefore limit: Int, in bytes: Bytes) -> Int {
    var offset = offset
    while offset > limit {
      let (scalar, length) = bytes.scalar(before: offset)
      guard scalar.properties.isWhitespace else { break }
      offset -= length
    }
    return max(offset, limit)
  }

  /// Where the white space that starts at `offset` ends.
  private func rightEnd(of offset: Int, in bytes: Bytes) -> Int {
    var offset = offset
    while offset < bytes.count {
      let (scalar, length) = bytes.scalar(at: offset)
      guard scalar.properties.isWhitespace else { break }
      offset += length
    }
    return offset
  }
}
