// SPDX-License-Identifier: Apache-2.0

/// What a template computes.
indirect enum TemplateExpression {
  case literal(TemplateValue)
  case name(String)
  case list([TemplateExpression])
  case mapping([(key: TemplateExpression, value: TemplateExpression)])
  case attribute(TemplateExpression, String)
  case item(TemplateExpression, TemplateExpression)
  case slice(TemplateExpression, TemplateSlice)
  case call(TemplateExpression, TemplateArguments)
  case filter(TemplateExpression, String, TemplateArguments)
  case test(TemplateExpression, String, TemplateArguments)
  case negative(TemplateExpression)
  case not(TemplateExpression)
  case and(TemplateExpression, TemplateExpression)
  case or(TemplateExpression, TemplateExpression)
  case arithmetic(TemplateExpression, TemplateOperator, TemplateExpression)
  /// Each comparison is between its neighbours.
  case comparison(TemplateExpression, [(TemplateComparison, TemplateExpression)])
  /// `value if condition else other`
  case conditional(
    condition: TemplateExpression, value: TemplateExpression, other: TemplateExpression?)
}

extension TemplateExpression {
  /// Whether a string that it gives is markup: a text that it is added to, from either side, is
  /// escaped.
  ///
  /// Told from the expression alone, so that markup that went through a name counts as text.
  var isMarkup: Bool {
    switch self {
    case .filter(_, let name, _): ["safe", "e", "escape"].contains(name)
    case .arithmetic(let left, .add, let right): left.isMarkup || right.isMarkup
    default: false
    }
  }
}

struct TemplateSlice {
  var start: TemplateExpression?
  var end: TemplateExpression?
  var step: TemplateExpression?
}

struct TemplateArguments {
  var positional: [TemplateExpression] = []
  var named: [(name: String, value: TemplateExpression)] = []
}

enum TemplateOperator: String {
  case add = "+"
  case subtract = "-"
  case multiply = "*"
  case divide = "/"
  case floorDivide = "//"
  case remainder = "%"
  case power = "**"
  case concatenate = "~"
}

enum TemplateComparison: String {
  case equal = "=="
  case unequal = "!="
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="
  case isIn = "in"
  case isNotIn = "not in"
}

/// What a template does.
indirect enum TemplateStatement {
  case text(String)
  case output(TemplateExpression, line: Int)
  case set([String], TemplateExpression, line: Int)
  case setBlock(String, [TemplateStatement], line: Int)
  case setAttribute(String, attribute: String, TemplateExpression, line: Int)
  case choice(
    [(condition: TemplateExpression, body: [TemplateStatement])], otherwise: [TemplateStatement],
    line: Int)
  case loop(TemplateLoop, line: Int)
  case macro(TemplateMacro, line: Int)
  case exit(line: Int)
  case skip(line: Int)
  /// A body that marks what the model says, which changes nothing here.
  case group([TemplateStatement])
}

struct TemplateLoop {
  /// Several take an element apart.
  var names: [String]
  var sequence: TemplateExpression
  /// Which elements count; nil for all.
  var condition: TemplateExpression?
  var body: [TemplateStatement]
  /// What stands for a loop without any element.
  var otherwise: [TemplateStatement]
}

/// A function that is written in the template.
final class TemplateMacro: Sendable {
  let name: String
  nonisolated(unsafe) let parameters: [(name: String, fallback: TemplateExpression?)]
  nonisolated(unsafe) let body: [TemplateStatement]

  init(
    name: String, parameters: [(name: String, fallback: TemplateExpression?)],
    body: [TemplateStatement]
  ) {
    self.name = name
    self.parameters = parameters
    self.body = body
  }
}
