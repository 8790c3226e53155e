// SPDX-License-Identifier: Apache-2.0

/// One part of `tokenizer.json` while it is read: an object and the place where it stands.
struct Part {
  /// The file, for messages.
  let path: String
  /// The dotted place in the file: `pre_tokenizer.pretokenizers[1]`; empty for the whole document.
  let key: String
  /// The part's object.
  let value: JSONValue

  /// - Throws: ``TokenizationError/wrongValue(path:key:expected:found:)`` where `value` is no object.
  init(path: String, key: String, value: JSONValue) throws {
    self.path = path
    self.key = key
    self.value = value
    guard case .object = value else {
      throw TokenizationError.wrongValue(
        path: path, key: key, expected: "an object", found: value.kind)
    }
  }

  /// The full name of a member.
  func name(_ member: String) -> String { key.isEmpty ? member : "\(key).\(member)" }

  /// The member, or nil where it's absent or null.
  func optional(_ member: String) -> JSONValue? {
    guard let found = value[member] else { return nil }
    if case .null = found { return nil }
    return found
  }

  func required(_ member: String) throws -> JSONValue {
    guard let found = optional(member) else {
      throw TokenizationError.missingKey(path: path, key: name(member))
    }
    return found
  }

  func wrong(_ member: String, expected: String, found: JSONValue) -> TokenizationError {
    .wrongValue(path: path, key: name(member), expected: expected, found: found.kind)
  }

  // MARK: - Typed members

  func string(_ member: String) throws -> String {
    let found = try required(member)
    guard case .string(let string) = found else {
      throw wrong(member, expected: "a string", found: found)
    }
    return string
  }

  func optionalString(_ member: String) throws -> String? {
    optional(member) == nil ? nil : try string(member)
  }

  func bool(_ member: String, default standard: Bool) throws -> Bool {
    guard let found = optional(member) else { return standard }
    guard case .bool(let bool) = found else {
      throw wrong(member, expected: "true or false", found: found)
    }
    return bool
  }

  /// A whole number that isn't negative.
  func count(_ member: String) throws -> Int {
    let found = try required(member)
    guard case .integer(let integer) = found, integer >= 0 else {
      throw wrong(member, expected: "a whole number that isn't negative", found: found)
    }
    return integer
  }

  func scalar(_ member: String) throws -> Unicode.Scalar {
    let string = try string(member)
    guard let scalar = string.unicodeScalars.first, string.unicodeScalars.count == 1 else {
      throw wrong(member, expected: "one character", found: .string(string))
    }
    return scalar
  }

  func array(_ member: String) throws -> [JSONValue] {
    let found = try required(member)
    guard case .array(let values) = found else {
      throw wrong(member, expected: "an array", found: found)
    }
    return values
  }

  func object(_ member: String) throws -> [(key: String, value: JSONValue)] {
    let found = try required(member)
    guard case .object(let members) = found else {
      throw wrong(member, expected: "an object", found: found)
    }
    return members
  }

  // MARK: - Nested parts

  /// The part that stands under `member`, or nil where there's none.
  func optionalPart(_ member: String) throws -> Part? {
    try optional(member).map { try Part(path: path, key: name(member), value: $0) }
  }

  func part(_ member: String) throws -> Part {
    try Part(path: path, key: name(member), value: required(member))
  }

  /// The parts of the array `member`, in order.
  func parts(_ member: String) throws -> [Part] {
    try array(member).enumerated().map { index, value in
      try Part(path: path, key: "\(name(member))[\(index)]", value: value)
    }
  }

  /// A pattern, given as `{"String": …}` or `{"Regex": …}`.
  func pattern(_ member: String) throws -> any TextPattern {
    if case .string(let literal)? = optional(member) { return LiteralPattern(literal) }
    let part = try part(member)
    if let literal = try part.optionalString("String") { return LiteralPattern(literal) }
    return try regularExpression(part.string("Regex"), for: part.name("Regex"))
  }

  /// - Parameter name: the full name that a message gives.
  func regularExpression(_ pattern: String, for name: String) throws -> RegularExpression {
    guard let expression = RegularExpression(pattern) else {
      throw TokenizationError.invalidPattern(path: path, key: name, pattern: pattern)
    }
    return expression
  }
}
