// SPDX-License-Identifier: Apache-2.0

/// Cuts a template into text and tags.
///
/// White space is treated as Transformers sets Jinja up: the line break after a tag goes
/// (`trim_blocks`), so does the space before a tag that begins a line (`lstrip_blocks`), and so does
/// the template's last line break; `-` at either end of a tag takes all white space on its side, `+`
/// keeps it.
struct TemplateLexer {
  private let source: [Unicode.Scalar]
  private var position = 0
  private var line = 1
  private var segments: [TemplateSegment] = []

  /// - Throws: ``TemplateError/malformed(line:expected:)``
  static func segments(of template: String) throws(TemplateError) -> [TemplateSegment] {
    var lexer = TemplateLexer(template)
    while lexer.position < lexer.source.count { try lexer.next() }
    return lexer.segments
  }

  private init(_ template: String) {
    var scalars: [Unicode.Scalar] = []
    for scalar in template.unicodeScalars {
      if scalar == "\n", scalars.last == "\r" { scalars.removeLast() }
      scalars.append(scalar)
    }
    if scalars.last == "\n" { scalars.removeLast() }
    source = scalars
  }

  private func looksAt(_ text: String, at place: Int) -> Bool {
    place >= 0 && source[min(place, source.count)...].starts(with: text.unicodeScalars)
  }

  private enum Kind: String {
    case output = "{{"
    case tag = "{%"
    case comment = "{#"

    var end: String {
      switch self {
      case .output: "}}"
      case .tag: "%}"
      case .comment: "#}"
      }
    }
  }

  /// Reads text up to the next tag, and the tag.
  private mutating func next() throws(TemplateError) {
    let start = position
    while position < source.count, source[position] != "{" || kind(at: position) == nil {
      position += 1
    }
    let kind = kind(at: position)
    appendText(start..<position, before: kind)
    guard let kind else { return }
    let opening = line
    position += 2
    if looksAt("-", at: position) || looksAt("+", at: position) { position += 1 }
    var tokens: [TemplateToken] = []
    if kind == .comment {
      while position < source.count, !looksAt("#}", at: position) { advance() }
      guard position < source.count else { throw .malformed(line: opening, expected: "#}") }
    } else {
      tokens = try self.tokens(upTo: kind.end)
    }
    let control = source[position - (kind == .comment ? 1 : 0)]
    finishTag(kind, control: control)
    switch kind {
    case .output: segments.append(TemplateSegment(content: .output(tokens), line: opening))
    case .tag where tokens.first == .name("raw"):
      throw .unsupported(line: opening, construct: "{% raw %}")
    case .tag: segments.append(TemplateSegment(content: .tag(tokens), line: opening))
    case .comment: break
    }
  }

  private func kind(at place: Int) -> Kind? {
    guard place + 1 < source.count else { return nil }
    return Kind(rawValue: String(String.UnicodeScalarView(source[place..<place + 2])))
  }

  private mutating func advance() {
    if source[position] == "\n" { line += 1 }
    position += 1
  }

  /// Adds the text before a tag without the white space that the tag takes.
  private mutating func appendText(_ range: Range<Int>, before kind: Kind?) {
    var end = range.upperBound
    if let kind {
      if looksAt("-", at: range.upperBound + 2) {
        while end > range.lowerBound, source[end - 1].properties.isWhitespace { end -= 1 }
      } else if kind != .output, !looksAt("+", at: range.upperBound + 2) {
        var start = end
        while start > range.lowerBound, source[start - 1] == " " || source[start - 1] == "\t" {
          start -= 1
        }
        if start == 0 || source[start - 1] == "\n" { end = start }
      }
    }
    let lines = source[range].lazy.filter { $0 == "\n" }.count
    if end > range.lowerBound {
      let text = String(String.UnicodeScalarView(source[range.lowerBound..<end]))
      segments.append(TemplateSegment(content: .text(text), line: line))
    }
    line += lines
  }

  /// Steps over a tag's end and the white space that it takes.
  private mutating func finishTag(_ kind: Kind, control: Unicode.Scalar) {
    position += control == "-" || control == "+" ? (kind == .comment ? 2 : 3) : 2
    if control == "-" {
      while position < source.count, source[position].properties.isWhitespace { advance() }
    } else if kind != .output, control != "+", looksAt("\n", at: position) {
      advance()
    }
  }

  // MARK: - Words

  private static let marks = [
    "**", "//", "==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "~", "<", ">", "=", "(", ")", "[",
    "]", "{", "}", ".", ",", ":", "|",
  ]

  /// Reads words up to a tag's end, at which the position is left, or at the sign before it.
  private mutating func tokens(upTo end: String) throws(TemplateError) -> [TemplateToken] {
    var tokens: [TemplateToken] = []
    var depth = 0
    while position < source.count {
      let scalar = source[position]
      if depth == 0 {
        if looksAt(end, at: position) { return tokens }
        if looksAt("-" + end, at: position) || looksAt("+" + end, at: position) { return tokens }
      }
      if scalar.properties.isWhitespace {
        advance()
      } else if scalar == "\"" || scalar == "'" {
        tokens.append(.string(try string()))
      } else if ("0"..."9").contains(scalar) {
        tokens.append(try number())
      } else if scalar == "_" || scalar.properties.isAlphabetic {
        let start = position
        while position < source.count, Self.isNamePart(source[position]) { position += 1 }
        tokens.append(.name(String(String.UnicodeScalarView(source[start..<position]))))
      } else if let mark = Self.marks.first(where: { looksAt($0, at: position) }) {
        if mark == "{" || mark == "(" || mark == "[" { depth += 1 }
        if mark == "}" || mark == ")" || mark == "]" { depth -= 1 }
        guard depth >= 0 else { throw .malformed(line: line, expected: "a bracket to be closed") }
        tokens.append(.mark(mark))
        position += mark.unicodeScalars.count
      } else {
        throw .malformed(line: line, expected: "an expression, found \(String(scalar).quoted)")
      }
    }
    throw .malformed(line: line, expected: end)
  }

  private static func isNamePart(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "_" || scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
  }

  private mutating func number() throws(TemplateError) -> TemplateToken {
    var spelling = ""
    func take(_ position: inout Int, _ source: [Unicode.Scalar]) {
      while position < source.count,
        ("0"..."9").contains(source[position]) || source[position] == "_"
      {
        if source[position] != "_" { spelling.unicodeScalars.append(source[position]) }
        position += 1
      }
    }
    take(&position, source)
    if looksAt(".", at: position), position + 1 < source.count,
      ("0"..."9").contains(source[position + 1])
    {
      spelling += "."
      position += 1
      take(&position, source)
      if let number = Double(spelling) { return .number(number) }
    } else if let integer = Int(spelling) {
      return .integer(integer)
    }
    throw .malformed(line: line, expected: "a number")
  }

  private mutating func string() throws(TemplateError) -> String {
    let quote = source[position]
    let opening = line
    var text = String.UnicodeScalarView()
    position += 1
    while position < source.count, source[position] != quote {
      guard source[position] == "\\", position + 1 < source.count else {
        text.append(source[position])
        advance()
        continue
      }
      position += 1
      let escaped = source[position]
      position += 1
      switch escaped {
      case "n": text.append("\n")
      case "t": text.append("\t")
      case "r": text.append("\r")
      case "b": text.append("\u{8}")
      case "f": text.append("\u{C}")
      case "\\", "'", "\"": text.append(escaped)
      case "\n": line += 1
      case "u": text.append(try codePoint(digitCount: 4))
      case "x": text.append(try codePoint(digitCount: 2))
      default:
        text.append("\\")
        text.append(escaped)
      }
    }
    guard position < source.count else { throw .malformed(line: opening, expected: String(quote)) }
    position += 1
    return String(text)
  }

  private mutating func codePoint(digitCount: Int) throws(TemplateError) -> Unicode.Scalar {
    let digits = source[position..<min(position + digitCount, source.count)]
    guard digits.count == digitCount,
      let value = UInt32(String(String.UnicodeScalarView(digits)), radix: 16),
      let scalar = Unicode.Scalar(value)
    else { throw .malformed(line: line, expected: "\(digitCount) hexadecimal digits") }
    position += digitCount
    return scalar
  }
}
