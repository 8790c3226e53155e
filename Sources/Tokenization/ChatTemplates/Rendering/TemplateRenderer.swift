// SPDX-License-Identifier: Apache-2.0

/// Carries out a template's statements.
///
/// A template is code of a stranger: it gets no more than a fixed amount of work and memory, and the
/// only values that it can change are names of its own and namespaces.
final class TemplateRenderer {
  /// How many steps a rendering may take; making a string or a list counts its length.
  static let workLimit = 5_000_000
  /// How many bytes it may give.
  static let outputLimit = 1 << 24
  /// How deep values, statements and macros may be nested, which takes stack.
  static let depthLimit = 200

  /// What leaves a body early.
  enum Exit { case loop, turn }

  /// The names of each scope, the innermost last; the first holds those of the whole template.
  var scopes: [[String: TemplateValue]]
  /// What `strftime_now` calls now, in seconds since 1970.
  let now: Int
  /// Of the statement that is carried out.
  var line = 1
  private var work = 0
  private var depth = 0
  private var output = ""

  init(_ names: [String: TemplateValue], now: Int) {
    var names = names
    for function in TemplateFunction.allCases { names[function.rawValue] = .function(function) }
    scopes = [names]
    self.now = now
  }

  /// The text that statements give.
  func text(of statements: [TemplateStatement]) throws(TemplateError) -> String {
    let before = output
    output = ""
    defer { output = before }
    _ = try run(statements)
    return output
  }

  /// Counts work.
  func charge(_ amount: Int = 1) throws(TemplateError) {
    work += amount
    guard work <= Self.workLimit else {
      throw .limit(line: line, reason: "rendering takes more than \(Self.workLimit) steps")
    }
  }

  /// Does something one level deeper.
  func nested<Result>(_ body: () throws(TemplateError) -> Result) throws(TemplateError) -> Result {
    depth += 1
    defer { depth -= 1 }
    try charge()
    guard depth <= Self.depthLimit else {
      throw .limit(line: line, reason: "values or macros are nested too deeply")
    }
    return try body()
  }

  func invalid(_ reason: String) -> TemplateError { .invalidOperation(line: line, reason: reason) }

  private func give(_ text: String) throws(TemplateError) {
    try charge(text.utf8.count / 16)
    output += text
    guard output.utf8.count <= Self.outputLimit else {
      throw .limit(line: line, reason: "the text is longer than \(Self.outputLimit) bytes")
    }
  }

  // MARK: - Statements

  private func run(_ statements: [TemplateStatement]) throws(TemplateError) -> Exit? {
    for statement in statements {
      if let exit = try nested({ () throws(TemplateError) in try run(statement) }) { return exit }
    }
    return nil
  }

  private func run(_ statement: TemplateStatement) throws(TemplateError) -> Exit? {
    switch statement {
    case .text(let text): try give(text)
    case .output(let expression, let line):
      self.line = line
      try give(value(of: expression).text)
    case .set(let names, let expression, let line):
      self.line = line
      try assign(value(of: expression), to: names)
    case .setBlock(let name, let body, let line):
      self.line = line
      scopes[scopes.count - 1][name] = .string(try text(of: body))
    case .setAttribute(let name, let attribute, let expression, let line):
      self.line = line
      guard case .namespace(let namespace)? = lookup(name) else {
        throw invalid("only a namespace's members can be set, and \(name.quoted) is none")
      }
      namespace[attribute] = try value(of: expression)
    case .choice(let branches, let otherwise, let line):
      for branch in branches {
        self.line = line
        if try value(of: branch.condition).isTrue { return try run(branch.body) }
      }
      return try run(otherwise)
    case .loop(let loop, let line):
      self.line = line
      try run(loop)
    case .macro(let macro, _):
      scopes[scopes.count - 1][macro.name] = .macro(TemplateMacroReference(macro: macro))
    case .exit: return .loop
    case .skip: return .turn
    case .group(let body): return try run(body)
    }
    return nil
  }

  func lookup(_ name: String) -> TemplateValue? {
    for scope in scopes.reversed() {
      if let value = scope[name] { return value }
    }
    return nil
  }

  private func assign(_ value: TemplateValue, to names: [String]) throws(TemplateError) {
    guard names.count > 1 else {
      scopes[scopes.count - 1][names[0]] = value
      return
    }
    let elements = try self.elements(of: value)
    guard elements.count == names.count else {
      throw invalid("\(elements.count) values can't be taken apart into \(names.count) names")
    }
    for (name, element) in zip(names, elements) { scopes[scopes.count - 1][name] = element }
  }

  private func run(_ loop: TemplateLoop) throws(TemplateError) {
    var elements = try self.elements(of: value(of: loop.sequence))
    if let condition = loop.condition {
      scopes.append([:])
      defer { scopes.removeLast() }
      var kept: [TemplateValue] = []
      for element in elements {
        try assign(element, to: loop.names)
        if try value(of: condition).isTrue { kept.append(element) }
      }
      elements = kept
    }
    guard !elements.isEmpty else {
      _ = try run(loop.otherwise)
      return
    }
    for (index, element) in elements.enumerated() {
      try charge()
      scopes.append(["loop": .loop(TemplateLoopPlace(elements: elements, index: index))])
      defer { scopes.removeLast() }
      try assign(element, to: loop.names)
      if try run(loop.body) == .loop { break }
    }
  }

  /// What a loop or a filter sees of a value.
  func elements(of value: TemplateValue) throws(TemplateError) -> [TemplateValue] {
    switch value {
    case .list(let elements): return elements
    case .mapping(let members): return members.map(\.key)
    case .string(let text):
      try charge(text.utf8.count)
      return text.unicodeScalars.map { .string(String($0)) }
    case .undefined: return []
    default: throw invalid("\(value.kind) has no elements")
    }
  }

  // MARK: - Macros

  /// Calls a macro, whose body sees its arguments and the names of the whole template.
  func call(
    _ macro: TemplateMacro, _ positional: [TemplateValue],
    _ named: [(name: String, value: TemplateValue)]
  ) throws(TemplateError) -> TemplateValue {
    let outer = scopes
    let outerLine = line
    defer { (scopes, line) = (outer, outerLine) }
    scopes = [outer[0], [:]]
    guard positional.count <= macro.parameters.count else {
      throw invalid("\(macro.name.quoted) takes \(macro.parameters.count) arguments")
    }
    for argument in named where !macro.parameters.contains(where: { $0.name == argument.name }) {
      throw invalid("\(macro.name.quoted) has no parameter \(argument.name.quoted)")
    }
    for (place, parameter) in macro.parameters.enumerated() {
      let name = parameter.name
      if place < positional.count {
        scopes[1][name] = positional[place]
      } else if let argument = named.last(where: { $0.name == name }) {
        scopes[1][name] = argument.value
      } else if let fallback = parameter.fallback {
        scopes[1][name] = try value(of: fallback)
      } else {
        scopes[1][name] = .undefined(name: name)
      }
    }
    return .string(try text(of: macro.body))
  }
}
