// SPDX-License-Identifier: Apache-2.0

/// A type that a value of `config.json` can have.
protocol ConfigurationValue {
  /// How a message names the type.
  static var expectation: String { get }
  /// Nil where the value has another type.
  init?(_ json: JSONValue)
}

extension Int: ConfigurationValue {
  static var expectation: String { "an integer" }
  init?(_ json: JSONValue) {
    guard case .integer(let integer) = json else { return nil }
    self = integer
  }
}

extension Double: ConfigurationValue {
  static var expectation: String { "a number" }
  init?(_ json: JSONValue) {
    switch json {
    case .integer(let integer): self = Double(integer)
    case .number(let number): self = number
    default: return nil
    }
  }
}

extension Bool: ConfigurationValue {
  static var expectation: String { "true or false" }
  init?(_ json: JSONValue) {
    guard case .flag(let flag) = json else { return nil }
    self = flag
  }
}

extension String: ConfigurationValue {
  static var expectation: String { "a string" }
  init?(_ json: JSONValue) {
    guard case .text(let text) = json else { return nil }
    self = text
  }
}

extension Array: ConfigurationValue where Element: ConfigurationListElement {
  static var expectation: String { Element.listExpectation }
  init?(_ json: JSONValue) {
    guard case .list(let list) = json else { return nil }
    let elements = list.compactMap { Element($0) }
    guard elements.count == list.count else { return nil }
    self = elements
  }
}

/// A type whose values can stand in a list of `config.json`.
protocol ConfigurationListElement: ConfigurationValue {
  /// How a message names a list of it.
  static var listExpectation: String { get }
}

extension Int: ConfigurationListElement {
  static var listExpectation: String { "a list of integers" }
}

extension Double: ConfigurationListElement {
  static var listExpectation: String { "a list of numbers" }
}

extension String: ConfigurationListElement {
  static var listExpectation: String { "a list of strings" }
}
