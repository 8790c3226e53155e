// SPDX-License-Identifier: Apache-2.0

extension TemplateValue {
  /// The number that it is, truth values included.
  var numeric: Double? {
    switch self {
    case .bool(let value): value ? 1 : 0
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }

  /// The whole number that it is, truth values included.
  var whole: Int? {
    switch self {
    case .bool(let value): value ? 1 : 0
    case .integer(let value): value
    default: nil
    }
  }

  func equals(_ other: TemplateValue) -> Bool {
    if let left = whole, let right = other.whole { return left == right }
    if let left = numeric, let right = other.numeric { return left == right }
    switch (self, other) {
    case (.undefined, .undefined), (.null, .null): return true
    // Python's strings are equal only where every character is.
    case (.string(let left), .string(let right)): return left.utf8.elementsEqual(right.utf8)
    case (.list(let left), .list(let right)):
      return left.elementsEqual(right) { $0.equals($1) }
    case (.mapping(let left), .mapping(let right)):
      return left.count == right.count
        && left.allSatisfy { member in
          right.contains { $0.key.equals(member.key) && $0.value.equals(member.value) }
        }
    case (.namespace(let left), .namespace(let right)): return left === right
    case (.macro(let left), .macro(let right)): return left.macro === right.macro
    case (.function(let left), .function(let right)): return left == right
    default: return false
    }
  }

  /// Whether it comes before another, or nil where the two have no order.
  func precedes(_ other: TemplateValue) -> Bool? {
    if let left = whole, let right = other.whole { return left < right }
    if let left = numeric, let right = other.numeric { return left < right }
    switch (self, other) {
    case (.string(let left), .string(let right)):
      return left.unicodeScalars.lexicographicallyPrecedes(right.unicodeScalars)
    case (.list(let left), .list(let right)):
      for (a, b) in zip(left, right) where !a.equals(b) { return a.precedes(b) }
      return left.count < right.count
    default: return nil
    }
  }

  /// Whether it holds an element, a key or a stretch of text; nil where it can't hold anything.
  func contains(_ other: TemplateValue) -> Bool? {
    switch self {
    case .list(let elements): return elements.contains { $0.equals(other) }
    case .mapping(let members): return members.contains { $0.key.equals(other) }
    case .string(let text):
      guard case .string(let part) = other else { return nil }
      return TemplateText(text).firstPlace(of: part) != nil
    case .undefined: return false
    default: return nil
    }
  }
}
