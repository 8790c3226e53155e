// SPDX-License-Identifier: Apache-2.0

extension TemplateValue {
  /// As output shows it: Python's `str`.
  var text: String {
    switch self {
    case .undefined: ""
    case .string(let text): text
    default: representation
    }
  }

  /// As a list shows it: Python's `repr`.
  private var representation: String {
    switch self {
    case .undefined: "Undefined"
    case .null: "None"
    case .bool(let value): value ? "True" : "False"
    case .integer(let value): String(value)
    case .number(let value): Self.spelling(of: value)
    case .string(let text): Self.quoted(text)
    case .list(let elements): "[" + elements.map(\.representation).joined(separator: ", ") + "]"
    case .mapping(let members):
      "{"
        + members.map { "\($0.key.representation): \($0.value.representation)" }
        .joined(separator: ", ") + "}"
    case .namespace: "<Namespace>"
    case .loop: "<LoopContext>"
    case .macro(let reference): "<Macro \(Self.quoted(reference.macro.name))>"
    case .function(let function): "<function \(function.rawValue)>"
    }
  }

  private static func spelling(of number: Double) -> String {
    if number.isNaN { return "nan" }
    if number.isInfinite { return number < 0 ? "-inf" : "inf" }
    return "\(number)"
  }

  private static func quoted(_ text: String) -> String {
    let quote: Unicode.Scalar =
      text.unicodeScalars.contains("'") && !text.unicodeScalars.contains("\"") ? "\"" : "'"
    var result = String.UnicodeScalarView([quote])
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\n": result.append(contentsOf: "\\n".unicodeScalars)
      case "\r": result.append(contentsOf: "\\r".unicodeScalars)
      case "\t": result.append(contentsOf: "\\t".unicodeScalars)
      case "\\", quote:
        result.append("\\")
        result.append(scalar)
      default: result.append(scalar)
      }
    }
    result.append(quote)
    return String(result)
  }

  /// As JSON, written as Python's `json.dumps` does.
  ///
  /// - Parameters:
  ///   - indent: spaces per level; nil for one line.
  ///   - separators: between elements and after keys; nil for those that go with `indent`.
  /// - Returns: nil where a value has no JSON.
  func json(
    indent: Int?, separators: (element: String, key: String)? = nil, sortsKeys: Bool = false,
    depth: Int = 0
  ) -> String? {
    let separators = separators ?? (indent == nil ? ", " : ",", ": ")
    func joined(_ parts: [String], _ open: String, _ close: String) -> String {
      guard let indent, !parts.isEmpty else {
        return open + parts.joined(separator: separators.element) + close
      }
      let outer = "\n" + String(repeating: " ", count: indent * depth)
      let inner = outer + String(repeating: " ", count: indent)
      return open + inner + parts.joined(separator: separators.element + inner) + outer + close
    }
    func inside(_ value: TemplateValue) -> String? {
      value.json(indent: indent, separators: separators, sortsKeys: sortsKeys, depth: depth + 1)
    }
    switch self {
    case .null: return "null"
    case .bool(let value): return value ? "true" : "false"
    case .integer(let value): return String(value)
    case .number(let value): return Self.spelling(of: value)
    case .string(let text): return Self.jsonQuoted(text)
    case .list(let elements):
      let parts = elements.compactMap(inside)
      return parts.count == elements.count ? joined(parts, "[", "]") : nil
    case .mapping(var members):
      if sortsKeys { members.sort { $0.key.precedes($1.key) ?? false } }
      let parts = members.compactMap { member in
        inside(member.value).map { "\(Self.jsonQuoted(member.key.text))\(separators.key)\($0)" }
      }
      return parts.count == members.count ? joined(parts, "{", "}") : nil
    case .undefined, .namespace, .loop, .macro, .function: return nil
    }
  }

  private static func jsonQuoted(_ text: String) -> String {
    var result = "\"".unicodeScalars
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result.append(contentsOf: "\\\"".unicodeScalars)
      case "\\": result.append(contentsOf: "\\\\".unicodeScalars)
      case "\n": result.append(contentsOf: "\\n".unicodeScalars)
      case "\r": result.append(contentsOf: "\\r".unicodeScalars)
      case "\t": result.append(contentsOf: "\\t".unicodeScalars)
      case "\u{8}": result.append(contentsOf: "\\b".unicodeScalars)
      case "\u{C}": result.append(contentsOf: "\\f".unicodeScalars)
      case "\u{0}"..."\u{1F}":
        let digits = String(scalar.value, radix: 16)
        let escape = "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        result.append(contentsOf: escape.unicodeScalars)
      default: result.append(scalar)
      }
    }
    result.append("\"")
    return String(result)
  }
}
