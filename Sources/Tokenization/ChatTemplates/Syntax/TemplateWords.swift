// SPDX-License-Identifier: Apache-2.0

/// The words of one tag, read from left to right.
struct TemplateWords {
  let line: Int
  /// The word that the tag begins with, once ``name()`` has read it.
  private(set) var opening = ""
  private let tokens: [TemplateToken]
  private var position = 0
  private var depth = 0

  init(_ tokens: [TemplateToken], line: Int) {
    self.tokens = tokens
    self.line = line
  }

  var next: TemplateToken? { position < tokens.count ? tokens[position] : nil }

  /// The word after the next.
  var following: TemplateToken? { position + 1 < tokens.count ? tokens[position + 1] : nil }

  /// Steps over a word if it comes next.
  mutating func take(_ token: TemplateToken) -> Bool {
    guard next == token else { return false }
    position += 1
    return true
  }

  mutating func advance() { position += 1 }

  mutating func require(_ token: TemplateToken) throws(TemplateError) {
    guard take(token) else { throw unexpected(instead: token.spelling) }
  }

  mutating func name() throws(TemplateError) -> String {
    guard case .name(let name)? = next else { throw unexpected(instead: "a name") }
    if position == 0 { opening = name }
    position += 1
    return name
  }

  func requireEnd() throws(TemplateError) {
    guard next == nil else { throw unexpected(instead: "the end of the tag") }
  }

  func unexpected(instead expected: String = "something else") -> TemplateError {
    .malformed(
      line: line,
      expected: "\(expected), found \(next?.spelling ?? (opening.isEmpty ? "its end" : opening))")
  }

  /// Reads something that may be nested, or follow as one of a chain.
  mutating func nested<Result>(
    _ read: (inout TemplateWords) throws(TemplateError) -> Result
  ) throws(TemplateError) -> Result {
    depth += 1
    defer { depth -= 1 }
    guard depth <= TemplateParser.depthLimit else {
      throw .limit(line: line, reason: "expressions are nested too deeply")
    }
    return try read(&self)
  }

  /// Counts a link of a chain, which nests what is before it.
  mutating func checkChain(_ count: inout Int) throws(TemplateError) {
    count += 1
    guard count <= TemplateParser.depthLimit else {
      throw .limit(line: line, reason: "an expression has too many parts")
    }
  }
}
