// SPDX-License-Identifier: Apache-2.0

/// Reads a template's statements (Jinja's template designer documentation, "Synopsis" and "List of
/// Control Structures").
struct TemplateParser {
  /// How deep statements and expressions may be nested, chains of operators included.
  static let depthLimit = 200

  private var segments: ArraySlice<TemplateSegment>
  private var depth = 0

  /// - Throws: ``TemplateError``
  static func statements(of template: String) throws(TemplateError) -> [TemplateStatement] {
    var parser = TemplateParser(segments: try TemplateLexer.segments(of: template)[...])
    let (statements, end) = try parser.body(until: [])
    if let end { throw end.unexpected() }
    return statements
  }

  private init(segments: ArraySlice<TemplateSegment>) { self.segments = segments }

  /// Reads statements up to one of the tags `ends`, which comes back with them, its words unread.
  private mutating func body(
    until ends: Set<String>
  ) throws(TemplateError) -> ([TemplateStatement], end: TemplateWords?) {
    var statements: [TemplateStatement] = []
    depth += 1
    defer { depth -= 1 }
    while let segment = segments.popFirst() {
      guard depth <= Self.depthLimit else {
        throw .limit(line: segment.line, reason: "statements are nested too deeply")
      }
      switch segment.content {
      case .text(let text): statements.append(.text(text))
      case .output(let tokens):
        var words = TemplateWords(tokens, line: segment.line)
        let expression = try words.tuple()
        try words.requireEnd()
        statements.append(.output(expression, line: segment.line))
      case .tag(let tokens):
        var words = TemplateWords(tokens, line: segment.line)
        let name = try words.name()
        if ends.contains(name) { return (statements, words) }
        statements.append(try statement(name, &words))
      }
    }
    guard ends.isEmpty else {
      throw .malformed(line: 0, expected: "{% \(ends.sorted().joined(separator: " %} or {% ")) %}")
    }
    return (statements, nil)
  }

  /// Reads a body that ends with one tag.
  private mutating func body(until end: String) throws(TemplateError) -> [TemplateStatement] {
    let (statements, words) = try body(until: [end])
    try words?.requireEnd()
    return statements
  }

  private mutating func statement(
    _ name: String, _ words: inout TemplateWords
  ) throws(TemplateError) -> TemplateStatement {
    let line = words.line
    switch name {
    case "set": return try assignment(&words)
    case "if": return try choice(&words)
    case "for": return try loop(&words)
    case "macro": return try macro(&words)
    case "break", "continue":
      try words.requireEnd()
      return name == "break" ? .exit(line: line) : .skip(line: line)
    case "generation":
      try words.requireEnd()
      return .group(try body(until: "endgeneration"))
    case "else", "elif", "endif", "endfor", "endmacro", "endset", "endgeneration":
      throw .malformed(line: line, expected: "a tag that {% \(name) %} belongs to")
    default: throw .unsupported(line: line, construct: "{% \(name) %}")
    }
  }

  private mutating func assignment(
    _ words: inout TemplateWords
  ) throws(TemplateError) -> TemplateStatement {
    let line = words.line
    var names = [try words.name()]
    if words.take(.mark(".")) {
      let attribute = try words.name()
      try words.require(.mark("="))
      let value = try words.tuple()
      try words.requireEnd()
      return .setAttribute(names[0], attribute: attribute, value, line: line)
    }
    while words.take(.mark(",")) { names.append(try words.name()) }
    if words.take(.mark("=")) {
      let value = try words.tuple()
      try words.requireEnd()
      return .set(names, value, line: line)
    }
    try words.requireEnd()
    return .setBlock(names[0], try body(until: "endset"), line: line)
  }

  private mutating func choice(
    _ words: inout TemplateWords
  ) throws(TemplateError) -> TemplateStatement {
    let line = words.line
    var branches: [(condition: TemplateExpression, body: [TemplateStatement])] = []
    var condition = try words.tuple()
    try words.requireEnd()
    while true {
      let (statements, end) = try body(until: ["elif", "else", "endif"])
      branches.append((condition, statements))
      guard var end else { break }
      switch end.opening {
      case "elif":
        condition = try end.tuple()
        try end.requireEnd()
      case "else":
        try end.requireEnd()
        return .choice(branches, otherwise: try body(until: "endif"), line: line)
      default:
        try end.requireEnd()
        return .choice(branches, otherwise: [], line: line)
      }
    }
    return .choice(branches, otherwise: [], line: line)
  }

  private mutating func loop(
    _ words: inout TemplateWords
  ) throws(TemplateError) -> TemplateStatement {
    let line = words.line
    let isWrapped = words.take(.mark("("))
    var names = [try words.name()]
    while words.take(.mark(",")) { names.append(try words.name()) }
    if isWrapped { try words.require(.mark(")")) }
    try words.require(.name("in"))
    let sequence = try words.disjunction()
    let condition = words.take(.name("if")) ? try words.expression() : nil
    if words.take(.name("recursive")) {
      throw .unsupported(line: line, construct: "a recursive {% for %}")
    }
    try words.requireEnd()
    let (statements, end) = try body(until: ["else", "endfor"])
    try end?.requireEnd()
    let otherwise = end?.opening == "else" ? try body(until: "endfor") : []
    return .loop(
      TemplateLoop(
        names: names, sequence: sequence, condition: condition, body: statements,
        otherwise: otherwise), line: line)
  }

  private mutating func macro(
    _ words: inout TemplateWords
  ) throws(TemplateError) -> TemplateStatement {
    let line = words.line
    let name = try words.name()
    try words.require(.mark("("))
    var parameters: [(name: String, fallback: TemplateExpression?)] = []
    while !words.take(.mark(")")) {
      if !parameters.isEmpty {
        try words.require(.mark(","))
        if words.take(.mark(")")) { break }
      }
      let parameter = try words.name()
      parameters.append((parameter, words.take(.mark("=")) ? try words.expression() : nil))
    }
    try words.requireEnd()
    let body = try body(until: "endmacro")
    return .macro(TemplateMacro(name: name, parameters: parameters, body: body), line: line)
  }
}
