// SPDX-License-Identifier: Apache-2.0

/// A value that a template computes with, as Python has them.
package indirect enum TemplateValue: Sendable {
  /// What a name stands for that nothing was given.
  case undefined(name: String)
  case null
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  case list([TemplateValue])
  /// In the order of its members.
  case mapping([(key: TemplateValue, value: TemplateValue)])
  /// Members that a template may set.
  case namespace(TemplateNamespace)
  case loop(TemplateLoopPlace)
  case macro(TemplateMacroReference)
  case function(TemplateFunction)

  /// Whether a condition counts it as true.
  var isTrue: Bool {
    switch self {
    case .undefined, .null: false
    case .bool(let value): value
    case .integer(let value): value != 0
    case .number(let value): value != 0
    case .string(let value): !value.isEmpty
    case .list(let elements): !elements.isEmpty
    case .mapping(let members): !members.isEmpty
    case .namespace, .loop, .macro, .function: true
    }
  }

  /// What a message calls it.
  var kind: String {
    switch self {
    case .undefined(let name):
      name.isEmpty ? "something undefined" : "\(name.quoted), which is undefined,"
    case .null: "none"
    case .bool: "a truth value"
    case .integer, .number: "a number"
    case .string: "a string"
    case .list: "a list"
    case .mapping: "a mapping"
    case .namespace: "a namespace"
    case .loop: "a loop"
    case .macro, .function: "a function"
    }
  }

  /// The member of a mapping under a string.
  subscript(_ key: String) -> TemplateValue? {
    guard case .mapping(let members) = self else { return nil }
    return members.last { $0.key.equals(.string(key)) }?.value
  }

  /// A mapping with strings as keys.
  package static func object(_ members: [(String, TemplateValue)]) -> TemplateValue {
    .mapping(members.map { (.string($0.0), $0.1) })
  }
}

/// Members that a template may set; it belongs to one rendering.
package final class TemplateNamespace: @unchecked Sendable {
  var members: [(name: String, value: TemplateValue)]

  init(_ members: [(name: String, value: TemplateValue)]) { self.members = members }

  subscript(_ name: String) -> TemplateValue? {
    get { members.last { $0.name == name }?.value }
    set {
      members.removeAll { $0.name == name }
      if let newValue { members.append((name, newValue)) }
    }
  }
}

/// A macro as a value.
package struct TemplateMacroReference: Sendable {
  let macro: TemplateMacro
}

/// Where a loop is.
package struct TemplateLoopPlace: Sendable {
  var elements: [TemplateValue]
  var index: Int

  /// What the template reads as `loop.name`.
  subscript(_ name: String) -> TemplateValue? {
    let last = elements.count - 1
    return switch name {
    case "index": .integer(index + 1)
    case "index0": .integer(index)
    case "revindex": .integer(last - index + 1)
    case "revindex0": .integer(last - index)
    case "first": .bool(index == 0)
    case "last": .bool(index == last)
    case "length": .integer(elements.count)
    case "previtem": index > 0 ? elements[index - 1] : .undefined(name: "loop.previtem")
    case "nextitem": index < last ? elements[index + 1] : .undefined(name: "loop.nextitem")
    default: nil
    }
  }
}

/// The functions that every template may call.
package enum TemplateFunction: String, Sendable, CaseIterable {
  case raiseException = "raise_exception"
  case formatNow = "strftime_now"
  case range
  case namespace
  case mapping = "dict"
}
