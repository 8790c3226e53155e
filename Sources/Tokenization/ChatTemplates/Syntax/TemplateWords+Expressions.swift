// SPDX-License-Identifier: Apache-2.0

/// Jinja's grammar of expressions, from what binds least to what binds most.
extension TemplateWords {
  /// One expression, or several with commas between them, which are a list.
  mutating func tuple() throws(TemplateError) -> TemplateExpression {
    let first = try expression()
    guard next == .mark(",") else { return first }
    var elements = [first]
    while take(.mark(",")) {
      guard next != nil, next != .mark(")") else { break }
      elements.append(try expression())
    }
    return .list(elements)
  }

  mutating func expression() throws(TemplateError) -> TemplateExpression {
    try nested { (words) throws(TemplateError) in
      let value = try words.disjunction()
      guard words.take(.name("if")) else { return value }
      let condition = try words.disjunction()
      let other = words.take(.name("else")) ? try words.expression() : nil
      return .conditional(condition: condition, value: value, other: other)
    }
  }

  mutating func disjunction() throws(TemplateError) -> TemplateExpression {
    var left = try conjunction()
    var links = 0
    while take(.name("or")) {
      try checkChain(&links)
      left = .or(left, try conjunction())
    }
    return left
  }

  private mutating func conjunction() throws(TemplateError) -> TemplateExpression {
    var left = try negation()
    var links = 0
    while take(.name("and")) {
      try checkChain(&links)
      left = .and(left, try negation())
    }
    return left
  }

  private mutating func negation() throws(TemplateError) -> TemplateExpression {
    guard take(.name("not")) else { return try comparison() }
    return .not(try nested { (words) throws(TemplateError) in try words.negation() })
  }

  private mutating func comparison() throws(TemplateError) -> TemplateExpression {
    let left = try sum()
    var others: [(TemplateComparison, TemplateExpression)] = []
    while let comparison = comparisonMark() { others.append((comparison, try sum())) }
    return others.isEmpty ? left : .comparison(left, others)
  }

  private mutating func comparisonMark() -> TemplateComparison? {
    switch next {
    case .mark(let mark):
      guard let comparison = TemplateComparison(rawValue: mark) else { return nil }
      advance()
      return comparison
    case .name("in"):
      advance()
      return .isIn
    case .name("not") where following == .name("in"):
      advance()
      advance()
      return .isNotIn
    default: return nil
    }
  }

  private mutating func sum() throws(TemplateError) -> TemplateExpression {
    try chain(of: [.add, .subtract]) { (words) throws(TemplateError) in
      try words.chain(of: [.concatenate]) { (words) throws(TemplateError) in
        try words.chain(of: [.multiply, .divide, .floorDivide, .remainder]) {
          (words) throws(TemplateError) in
          try words.chain(of: [.power]) { (words) throws(TemplateError) in try words.signed() }
        }
      }
    }
  }

  private mutating func chain(
    of operators: [TemplateOperator],
    _ operand: (inout TemplateWords) throws(TemplateError) -> TemplateExpression
  ) throws(TemplateError) -> TemplateExpression {
    var left = try operand(&self)
    var links = 0
    while case .mark(let mark)? = next, let found = TemplateOperator(rawValue: mark),
      operators.contains(found)
    {
      advance()
      try checkChain(&links)
      left = .arithmetic(left, found, try operand(&self))
    }
    return left
  }

  private mutating func signed() throws(TemplateError) -> TemplateExpression {
    if take(.mark("-")) {
      return .negative(try nested { (words) throws(TemplateError) in try words.signed() })
    }
    if take(.mark("+")) {
      return try nested { (words) throws(TemplateError) in try words.signed() }
    }
    return try filtered(try operand())
  }

  /// A value with what belongs to it, but no filters and tests.
  mutating func operand() throws(TemplateError) -> TemplateExpression {
    try postfixed(try primary())
  }

  private mutating func primary() throws(TemplateError) -> TemplateExpression {
    guard let token = next else { throw unexpected(instead: "an expression") }
    advance()
    switch token {
    case .integer(let number): return .literal(.integer(number))
    case .number(let number): return .literal(.number(number))
    case .string(var text):
      while case .string(let more)? = next {
        text += more
        advance()
      }
      return .literal(.string(text))
    case .name("true"), .name("True"): return .literal(.bool(true))
    case .name("false"), .name("False"): return .literal(.bool(false))
    case .name("none"), .name("None"): return .literal(.null)
    case .name(let name): return .name(name)
    case .mark("("):
      if take(.mark(")")) { return .list([]) }
      let inner = try tuple()
      try require(.mark(")"))
      return inner
    case .mark("["): return .list(try elements(upTo: "]"))
    case .mark("{"): return .mapping(try members())
    case .mark:
      throw .malformed(line: line, expected: "an expression, found \(token.spelling)")
    }
  }

  private mutating func elements(
    upTo end: String
  ) throws(TemplateError) -> [TemplateExpression] {
    var elements: [TemplateExpression] = []
    while !take(.mark(end)) {
      if !elements.isEmpty {
        try require(.mark(","))
        if take(.mark(end)) { break }
      }
      elements.append(try expression())
    }
    return elements
  }

  private mutating func members()
    throws(TemplateError) -> [(key: TemplateExpression, value: TemplateExpression)]
  {
    var members: [(key: TemplateExpression, value: TemplateExpression)] = []
    while !take(.mark("}")) {
      if !members.isEmpty {
        try require(.mark(","))
        if take(.mark("}")) { break }
      }
      let key = try expression()
      try require(.mark(":"))
      members.append((key, try expression()))
    }
    return members
  }
}
