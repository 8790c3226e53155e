// SPDX-License-Identifier: Apache-2.0

extension TemplateRenderer {
  /// Whether a value passes a test.
  func passes(
    _ value: TemplateValue, _ test: String, _ arguments: CallArguments
  ) throws(TemplateError) -> Bool {
    switch test {
    case "defined": if case .undefined = value { return false } else { return true }
    case "undefined": if case .undefined = value { return true } else { return false }
    case "none": if case .null = value { return true } else { return false }
    case "boolean": if case .bool = value { return true } else { return false }
    case "integer": if case .integer = value { return true } else { return false }
    case "float": if case .number = value { return true } else { return false }
    case "number": return value.numeric != nil
    case "string": if case .string = value { return true } else { return false }
    case "true": if case .bool(true) = value { return true } else { return false }
    case "false": if case .bool(false) = value { return true } else { return false }
    case "mapping": if case .mapping = value { return true } else { return false }
    case "callable":
      switch value {
      case .macro, .function: return true
      default: return false
      }
    case "iterable", "sequence":
      switch value {
      case .list, .mapping, .string: return true
      case .undefined: return test == "iterable" || test == "sequence"
      default: return false
      }
    case "odd", "even":
      guard let whole = value.whole else { throw invalid("\(value.kind) is neither odd nor even") }
      return (whole & 1 == 1) == (test == "odd")
    case "lower", "upper":
      let text = value.text
      return text == (test == "lower" ? text.lowercased() : text.uppercased())
        && text.lowercased() != text.uppercased()
    default: break
    }
    guard let other = arguments.positional.first else {
      throw .unsupported(line: line, construct: "the test \(test.quoted)")
    }
    switch test {
    case "eq", "equalto", "sameas": return value.equals(other)
    case "ne": return !value.equals(other)
    case "lt", "lessthan": return try holds(.less, value, other)
    case "le": return try holds(.lessOrEqual, value, other)
    case "gt", "greaterthan": return try holds(.greater, value, other)
    case "ge": return try holds(.greaterOrEqual, value, other)
    case "in": return try holds(.isIn, value, other)
    case "divisibleby":
      guard let a = value.whole, let b = other.whole, b != 0, b != -1 else {
        throw invalid("\(value.kind) can't be divided by \(other.kind)")
      }
      return a % b == 0
    default: throw .unsupported(line: line, construct: "the test \(test.quoted)")
    }
  }
}
