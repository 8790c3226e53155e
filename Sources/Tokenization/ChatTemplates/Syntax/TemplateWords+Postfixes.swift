// SPDX-License-Identifier: Apache-2.0

/// What follows a value: attributes, items, calls, filters and tests.
extension TemplateWords {
  mutating func postfixed(
    _ value: TemplateExpression
  ) throws(TemplateError) -> TemplateExpression {
    var value = value
    var links = 0
    while true {
      if take(.mark(".")) {
        if case .integer(let index)? = next {
          advance()
          value = .item(value, .literal(.integer(index)))
        } else {
          value = .attribute(value, try name())
        }
      } else if take(.mark("[")) {
        value = try subscripted(value)
      } else if next == .mark("(") {
        value = .call(value, try arguments())
      } else {
        return value
      }
      try checkChain(&links)
    }
  }

  private mutating func subscripted(
    _ value: TemplateExpression
  ) throws(TemplateError) -> TemplateExpression {
    var slice = TemplateSlice()
    if next != .mark(":") {
      let index = try expression()
      if take(.mark("]")) { return .item(value, index) }
      slice.start = index
    }
    try require(.mark(":"))
    if next != .mark(":"), next != .mark("]") { slice.end = try expression() }
    if take(.mark(":")), next != .mark("]") { slice.step = try expression() }
    try require(.mark("]"))
    return .slice(value, slice)
  }

  /// What stands in parentheses after a function's name.
  mutating func arguments() throws(TemplateError) -> TemplateArguments {
    var arguments = TemplateArguments()
    try require(.mark("("))
    while !take(.mark(")")) {
      if !arguments.positional.isEmpty || !arguments.named.isEmpty {
        try require(.mark(","))
        if take(.mark(")")) { break }
      }
      if case .name(let name)? = next, following == .mark("=") {
        advance()
        advance()
        arguments.named.append((name, try expression()))
      } else if next == .mark("*") || next == .mark("**") {
        throw .unsupported(line: line, construct: "\(next?.spelling ?? "*") before an argument")
      } else {
        arguments.positional.append(try expression())
      }
    }
    return arguments
  }

  mutating func filtered(
    _ value: TemplateExpression
  ) throws(TemplateError) -> TemplateExpression {
    var value = value
    var links = 0
    while true {
      if take(.mark("|")) {
        let name = try name()
        value = .filter(value, name, next == .mark("(") ? try arguments() : TemplateArguments())
      } else if take(.name("is")) {
        value = try test(of: value)
      } else if next == .mark("(") {
        value = .call(value, try arguments())
      } else {
        return value
      }
      try checkChain(&links)
    }
  }

  private mutating func test(
    of value: TemplateExpression
  ) throws(TemplateError) -> TemplateExpression {
    let isNegated = take(.name("not"))
    let name = try name()
    var arguments = TemplateArguments()
    switch next {
    case .mark("("): arguments = try self.arguments()
    case .string, .integer, .number, .mark("["), .mark("{"):
      arguments.positional = [try argument()]
    case .name(let word)
    where !["else", "or", "and", "is", "if", "not", "in", "recursive"].contains(word):
      arguments.positional = [try argument()]
    default: break
    }
    let test = TemplateExpression.test(value, name, arguments)
    return isNegated ? .not(test) : test
  }

  /// A test's argument without parentheses.
  private mutating func argument() throws(TemplateError) -> TemplateExpression {
    try nested { (words) throws(TemplateError) in try words.operand() }
  }
}
