// SPDX-License-Identifier: Apache-2.0

import Foundation

extension TemplateRenderer {
  /// What an expression stands for now.
  func value(of expression: TemplateExpression) throws(TemplateError) -> TemplateValue {
    try nested { () throws(TemplateError) in try computed(expression) }
  }

  /// Filters whose elements Jinja computes when they are asked for.
  private static let lazyFilters: Set = [
    "map", "select", "reject", "selectattr", "rejectattr", "unique", "items",
  ]

  private func computed(_ expression: TemplateExpression) throws(TemplateError) -> TemplateValue {
    switch expression {
    case .literal(let value): return value
    case .name(let name): return lookup(name) ?? .undefined(name: name)
    case .list(let elements): return try measured(.list(values(of: elements)))
    case .mapping(let members):
      var result: [(key: TemplateValue, value: TemplateValue)] = []
      for member in members {
        let key = try value(of: member.key)
        result.removeAll { $0.key.equals(key) }
        result.append((key, try value(of: member.value)))
      }
      return try measured(.mapping(result))
    case .attribute(let base, let name): return try attribute(name, of: value(of: base))
    case .item(let base, let index): return try item(value(of: index), of: value(of: base))
    case .slice(let base, let slice): return try part(slice, of: value(of: base))
    case .call(let function, let arguments): return try called(function, arguments)
    case .filter(.filter(_, let lazy, _), "tojson", _) where Self.lazyFilters.contains(lazy):
      throw invalid("what \(lazy) gives has no JSON before it is made a list, as in Transformers")
    case .filter(let base, let name, let arguments):
      return try filtered(value(of: base), name, self.arguments(arguments))
    case .test(let base, let name, let arguments):
      return .bool(try passes(value(of: base), name, self.arguments(arguments)))
    case .negative(let base):
      let value = try value(of: base)
      if let whole = value.whole, whole != .min { return .integer(-whole) }
      guard let number = value.numeric else { throw invalid("\(value.kind) has no negative") }
      return .number(-number)
    case .not(let base): return .bool(try !value(of: base).isTrue)
    case .and(let left, let right):
      let value = try value(of: left)
      return value.isTrue ? try self.value(of: right) : value
    case .or(let left, let right):
      let value = try value(of: left)
      return value.isTrue ? value : try self.value(of: right)
    case .arithmetic(let left, .add, let right) where left.isMarkup != right.isMarkup:
      return try result(
        of: .add, escaped(value(of: left), unless: left.isMarkup),
        escaped(value(of: right), unless: right.isMarkup))
    case .arithmetic(let left, let operation, let right):
      return try result(of: operation, value(of: left), value(of: right))
    case .comparison(let first, let others):
      var left = try value(of: first)
      for (comparison, other) in others {
        let right = try value(of: other)
        guard try holds(comparison, left, right) else { return .bool(false) }
        left = right
      }
      return .bool(true)
    case .conditional(let condition, let chosen, let other):
      if try value(of: condition).isTrue { return try value(of: chosen) }
      return try other.map { (other) throws(TemplateError) in try value(of: other) }
        ?? .undefined(name: "")
    }
  }

  private func values(
    of expressions: [TemplateExpression]
  ) throws(TemplateError) -> [TemplateValue] {
    var values: [TemplateValue] = []
    for expression in expressions { values.append(try value(of: expression)) }
    return values
  }

  func arguments(_ arguments: TemplateArguments) throws(TemplateError) -> CallArguments {
    var named: [(name: String, value: TemplateValue)] = []
    for argument in arguments.named {
      named.append((argument.name, try value(of: argument.value)))
    }
    return CallArguments(positional: try values(of: arguments.positional), named: named)
  }

  /// A string as it is put together with markup, which is escaped first.
  private func escaped(
    _ value: TemplateValue, unless isMarkup: Bool
  ) throws(TemplateError) -> TemplateValue {
    guard !isMarkup, case .string(let text) = value else { return value }
    try charge(text.utf8.count / 8)
    return .string(text.escapedForMarkup)
  }

  // MARK: - Members

  private func attribute(
    _ name: String, of value: TemplateValue
  ) throws(TemplateError) -> TemplateValue {
    switch value {
    case .mapping: value[name] ?? .undefined(name: name)
    case .namespace(let namespace): namespace[name] ?? .undefined(name: name)
    case .loop(let place): place[name] ?? .undefined(name: "loop.\(name)")
    case .undefined: throw invalid("\(value.kind) has no member \(name.quoted)")
    default: .undefined(name: name)
    }
  }

  private func item(
    _ index: TemplateValue, of value: TemplateValue
  ) throws(TemplateError) -> TemplateValue {
    switch value {
    case .mapping(let members):
      return members.last { $0.key.equals(index) }?.value ?? .undefined(name: index.text)
    case .list(let elements):
      guard let place = index.whole else { return .undefined(name: index.text) }
      let counted = place < 0 ? place + elements.count : place
      return elements.indices.contains(counted)
        ? elements[counted] : .undefined(name: "element \(place)")
    case .string(let text):
      let scalars = TemplateText(text).scalars
      try charge(scalars.count / 16)
      guard let place = index.whole else { return .undefined(name: index.text) }
      let counted = place < 0 ? place + scalars.count : place
      return scalars.indices.contains(counted)
        ? .string(String(scalars[counted])) : .undefined(name: "character \(place)")
    default:
      guard case .string(let name) = index else { throw invalid("\(value.kind) has no elements") }
      return try attribute(name, of: value)
    }
  }

  private func part(
    _ slice: TemplateSlice, of value: TemplateValue
  ) throws(TemplateError) -> TemplateValue {
    func index(_ expression: TemplateExpression?) throws(TemplateError) -> Int? {
      guard let expression else { return nil }
      let value = try self.value(of: expression)
      if case .null = value { return nil }
      guard let whole = value.whole else { throw invalid("\(value.kind) is no place in a list") }
      return whole
    }
    let (start, end, step) = (try index(slice.start), try index(slice.end), try index(slice.step))
    switch value {
    case .list(let elements):
      try charge(elements.count)
      if let part = TemplateText.slice(elements, start: start, end: end, step: step ?? 1) {
        return .list(part)
      }
    case .string(let text):
      try charge(text.utf8.count / 16)
      let scalars = TemplateText(text).scalars
      if let part = TemplateText.slice(scalars, start: start, end: end, step: step ?? 1) {
        return .string(TemplateText.string(part))
      }
    default: throw invalid("\(value.kind) has no parts")
    }
    throw invalid("a slice needs a step other than 0")
  }

  // MARK: - Operators

  private func result(
    of operation: TemplateOperator, _ left: TemplateValue, _ right: TemplateValue
  ) throws(TemplateError) -> TemplateValue {
    if operation == .concatenate { return try joined(left.text, right.text) }
    switch (operation, left, right) {
    case (.add, .string(let a), .string(let b)): return try joined(a, b)
    case (.add, .list(let a), .list(let b)):
      try charge(a.count + b.count)
      return try measured(.list(a + b))
    case (.multiply, .string(let text), .integer(let count)),
      (.multiply, .integer(let count), .string(let text)):
      let (length, overflow) = text.utf8.count.multipliedReportingOverflow(by: max(0, count))
      try charge(overflow ? Self.workLimit + 1 : length)
      return .string(String(repeating: text, count: max(0, count)))
    default: break
    }
    if let a = left.whole, let b = right.whole, let whole = wholeResult(of: operation, a, b) {
      return .integer(whole)
    }
    guard let a = left.numeric, let b = right.numeric else {
      throw invalid(
        "\(left.kind) and \(right.kind) can't be put together by \(operation.rawValue)")
    }
    if b == 0, [.divide, .floorDivide, .remainder].contains(operation) {
      throw invalid("a number can't be divided by 0")
    }
    return switch operation {
    case .add: .number(a + b)
    case .subtract: .number(a - b)
    case .multiply: .number(a * b)
    case .divide: .number(a / b)
    case .floorDivide: .number((a / b).rounded(.down))
    case .remainder: .number(a - (a / b).rounded(.down) * b)
    case .power, .concatenate: .number(pow(a, b))
    }
  }

  private func joined(_ a: String, _ b: String) throws(TemplateError) -> TemplateValue {
    try charge((a.utf8.count + b.utf8.count) / 16)
    return .string(a + b)
  }

  /// Nil where the result is no whole number, or too large for one.
  private func wholeResult(of operation: TemplateOperator, _ a: Int, _ b: Int) -> Int? {
    func checked(_ result: (partialValue: Int, overflow: Bool)) -> Int? {
      result.overflow ? nil : result.partialValue
    }
    switch operation {
    case .add: return checked(a.addingReportingOverflow(b))
    case .subtract: return checked(a.subtractingReportingOverflow(b))
    case .multiply: return checked(a.multipliedReportingOverflow(by: b))
    case .floorDivide, .remainder:
      guard b != 0, b != -1 || a != .min else { return nil }
      let (quotient, remainder) = a.quotientAndRemainder(dividingBy: b)
      let rounds = remainder != 0 && (remainder < 0) != (b < 0)
      if operation == .floorDivide { return rounds ? quotient - 1 : quotient }
      return rounds ? remainder + b : remainder
    case .power:
      guard (0...64).contains(b) else { return nil }
      var result = 1
      for _ in 0..<b {
        guard let product = checked(result.multipliedReportingOverflow(by: a)) else { return nil }
        result = product
      }
      return result
    case .divide, .concatenate: return nil
    }
  }

  func holds(
    _ comparison: TemplateComparison, _ left: TemplateValue, _ right: TemplateValue
  ) throws(TemplateError) -> Bool {
    switch comparison {
    case .equal: return left.equals(right)
    case .unequal: return !left.equals(right)
    case .isIn, .isNotIn:
      if case .string(let text) = right { try charge(text.utf8.count / 16) }
      guard let contains = right.contains(left) else {
        throw invalid("\(right.kind) can't hold \(left.kind)")
      }
      return contains == (comparison == .isIn)
    case .less, .lessOrEqual, .greater, .greaterOrEqual:
      let isReversed = comparison == .greater || comparison == .lessOrEqual
      guard let precedes = isReversed ? right.precedes(left) : left.precedes(right) else {
        throw invalid("\(left.kind) and \(right.kind) have no order")
      }
      return precedes == (comparison == .less || comparison == .greater)
    }
  }
}
