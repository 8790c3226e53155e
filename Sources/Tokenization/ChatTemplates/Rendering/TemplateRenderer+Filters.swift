// SPDX-License-Identifier: Apache-2.0

extension TemplateRenderer {
  /// What a filter makes of a value.
  func filtered(
    _ value: TemplateValue, _ filter: String, _ arguments: CallArguments
  ) throws(TemplateError) -> TemplateValue {
    switch filter {
    case "default", "d":
      let counts = arguments[1, "boolean"]?.isTrue ?? false
      if case .undefined = value { return arguments[0, "default_value"] ?? .string("") }
      return counts && !value.isTrue ? arguments[0, "default_value"] ?? .string("") : value
    case "length", "count": return .integer(try length(of: value))
    case "tojson": return .string(try json(value, arguments))
    case "string": return .string(value.text)
    case "safe", "e", "escape":
      return filter == "safe" ? value : .string(value.text.escapedForMarkup)
    case "int":
      if let whole = value.whole { return .integer(whole) }
      let number = value.numeric ?? Double(value.text.trimmed)
      guard let number, number.magnitude < 0x1p62 else {
        return arguments[0, "default"] ?? .integer(0)
      }
      return .integer(Int(number))
    case "float":
      return (value.numeric ?? Double(value.text.trimmed)).map { .number($0) }
        ?? arguments[0, "default"] ?? .number(0)
    case "abs":
      if let whole = value.whole, whole != .min { return .integer(abs(whole)) }
      guard let number = value.numeric else { throw invalid("abs takes a number") }
      return .number(abs(number))
    case "items": return try method("items", of: value, arguments)
    default: break
    }
    if let result = try textFilter(filter, value, arguments) { return result }
    if let result = try listFilter(filter, value, arguments) { return result }
    throw .unsupported(line: line, construct: "the filter \(filter.quoted)")
  }

  private func length(of value: TemplateValue) throws(TemplateError) -> Int {
    switch value {
    case .string(let text): text.unicodeScalars.count
    case .list(let elements): elements.count
    case .mapping(let members): members.count
    case .undefined: 0
    default: throw invalid("\(value.kind) has no length")
    }
  }

  private func json(
    _ value: TemplateValue, _ arguments: CallArguments
  ) throws(TemplateError) -> String {
    let indent =
      arguments.named.last { $0.name == "indent" }?.value.whole
      ?? arguments.positional.first?.whole
    var separators: (element: String, key: String)?
    if case .list(let parts)? = arguments.named.last(where: { $0.name == "separators" })?.value,
      parts.count == 2
    {
      separators = (parts[0].text, parts[1].text)
    }
    let sorts = arguments.named.last { $0.name == "sort_keys" }?.value.isTrue ?? false
    guard (0...100).contains(indent ?? 0) else { throw invalid("tojson takes an indent to 100") }
    guard let text = value.json(indent: indent, separators: separators, sortsKeys: sorts) else {
      throw invalid("\(value.kind) has no JSON")
    }
    try charge(text.utf8.count)
    return text
  }

  // MARK: - Text

  private func textFilter(
    _ filter: String, _ value: TemplateValue, _ arguments: CallArguments
  ) throws(TemplateError) -> TemplateValue? {
    let names = ["trim", "upper", "lower", "title", "capitalize", "replace", "indent"]
    guard names.contains(filter) else { return nil }
    let string = value.text
    try charge(string.utf8.count / 8)
    switch filter {
    case "trim": return .string(TemplateText(string).stripped(of: arguments.string(0, "chars")))
    case "indent":
      let width = arguments[0, "width"]
      let space =
        if case .string(let text)? = width { text } else {
          String(repeating: " ", count: min(max(width?.whole ?? 4, 0), 100))
        }
      let indentsFirst = arguments[1, "first"]?.isTrue ?? false
      let indentsBlank = arguments[2, "blank"]?.isTrue ?? false
      let lines = TemplateText(string).split(by: "\n").enumerated().map { index, line in
        index == 0
          ? (indentsFirst ? space + line : line)
          : line.isEmpty && !indentsBlank ? line : space + line
      }
      return .string(try joined(lines, by: "\n"))
    default: return try method(filter, of: .string(string), arguments)
    }
  }

  // MARK: - Lists

  private func listFilter(
    _ filter: String, _ value: TemplateValue, _ arguments: CallArguments
  ) throws(TemplateError) -> TemplateValue? {
    switch filter {
    case "list", "first", "last", "join", "reverse", "sort", "unique", "dictsort", "min", "max":
      break
    case "map", "select", "reject", "selectattr", "rejectattr":
      // As in Jinja, these take nothing at all for an empty list.
      guard value.isTrue else { return .list([]) }
    default: return nil
    }
    let elements = try self.elements(of: value)
    try charge(elements.count)
    switch filter {
    case "list": return .list(elements)
    case "first": return elements.first ?? .undefined(name: "the first element")
    case "last": return elements.last ?? .undefined(name: "the last element")
    case "reverse":
      if case .string = value {
        return .string(elements.reversed().map(\.text).joined())
      }
      return .list(elements.reversed())
    case "join":
      let attribute = arguments.string(1, "attribute")
      var parts: [String] = []
      for element in elements {
        parts.append(
          try attribute.map { (name) throws(TemplateError) in
            try member(name, of: element)
          }?.text ?? element.text)
      }
      return .string(try joined(parts, by: arguments.string(0, "d") ?? ""))
    case "map": return try measured(.list(mapped(elements, arguments)))
    case "select", "reject", "selectattr", "rejectattr":
      return .list(try chosen(elements, filter, arguments))
    case "min", "max":
      guard arguments.named.isEmpty, arguments.positional.isEmpty else {
        throw .unsupported(line: line, construct: "an argument of the filter \(filter.quoted)")
      }
      return try extreme(of: elements, filter)
    case "sort": return .list(elements.sorted { $0.precedes($1) ?? false })
    case "dictsort":
      guard case .mapping(let members) = value else { throw invalid("dictsort takes a mapping") }
      return .list(
        members.sorted { $0.key.text.lowercased() < $1.key.text.lowercased() }
          .map { .list([$0.key, $0.value]) })
    case "unique":
      return .list(
        elements.reduce(into: []) { unique, element in
          if !unique.contains(where: { $0.equals(element) }) { unique.append(element) }
        })
    default: throw .unsupported(line: line, construct: "the filter \(filter.quoted)")
    }
  }

  /// The smallest or largest element, of equals the first.
  private func extreme(
    of elements: [TemplateValue], _ filter: String
  ) throws(TemplateError) -> TemplateValue {
    guard var best = elements.first else { return .undefined(name: "the \(filter) of nothing") }
    for element in elements.dropFirst() {
      let comparison: TemplateComparison = filter == "min" ? .less : .greater
      if try holds(comparison, element, best) { best = element }
    }
    return best
  }

  /// The member that a dotted path leads to.
  private func member(
    _ path: String, of value: TemplateValue
  ) throws(TemplateError) -> TemplateValue {
    var value = value
    for name in path.split(separator: ".").map(String.init) {
      guard case .mapping = value else { return .undefined(name: name) }
      value = value[name] ?? .undefined(name: name)
    }
    return value
  }

  private func mapped(
    _ elements: [TemplateValue], _ arguments: CallArguments
  ) throws(TemplateError) -> [TemplateValue] {
    var results: [TemplateValue] = []
    if case .string(let attribute)? = arguments.named.last(where: { $0.name == "attribute" })?.value
    {
      let fallback = arguments.named.last { $0.name == "default" }?.value
      for element in elements {
        let found = try member(attribute, of: element)
        if case .undefined = found {
          results.append(fallback ?? found)
        } else {
          results.append(found)
        }
      }
      return results
    }
    guard let name = arguments.string(0, "filter") else { throw invalid("map takes a filter") }
    let rest = CallArguments(
      positional: Array(arguments.positional.dropFirst()), named: arguments.named)
    for element in elements { results.append(try filtered(element, name, rest)) }
    return results
  }

  private func chosen(
    _ elements: [TemplateValue], _ filter: String, _ arguments: CallArguments
  ) throws(TemplateError) -> [TemplateValue] {
    let wanted = filter.hasPrefix("select")
    var positional = arguments.positional[...]
    var path: String?
    if filter.hasSuffix("attr") {
      guard case .string(let name)? = positional.popFirst() else {
        throw invalid("\(filter) takes a member's name")
      }
      path = name
    }
    var test: String?
    if let first = positional.popFirst() { test = first.text }
    let rest = CallArguments(positional: Array(positional), named: arguments.named)
    var results: [TemplateValue] = []
    for element in elements {
      let value =
        try path.map { (path) throws(TemplateError) in try member(path, of: element) }
        ?? element
      let holds =
        try test.map { (test) throws(TemplateError) in
          try passes(value, TemplateComparison(rawValue: test)?.testName ?? test, rest)
        } ?? value.isTrue
      if holds == wanted { results.append(element) }
    }
    return results
  }
}

extension TemplateComparison {
  /// The test that does the same.
  fileprivate var testName: String {
    switch self {
    case .equal: "eq"
    case .unequal: "ne"
    case .less: "lt"
    case .lessOrEqual: "le"
    case .greater: "gt"
    case .greaterOrEqual: "ge"
    case .isIn, .isNotIn: "in"
    }
  }
}

extension String {
  /// With the characters of markup written by their names.
  var escapedForMarkup: String {
    [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("'", "&#39;"), ("\"", "&#34;")]
      .reduce(self) { $0.replacingBytes(of: $1.0, with: $1.1) }
  }

  /// Without white space at either end.
  fileprivate var trimmed: String { TemplateText(self).stripped() }
}
