// SPDX-License-Identifier: Apache-2.0

/// A JSON document as it was written: objects keep the order of their members and every byte of
/// their keys.
///
/// Foundation's readers turn objects into dictionaries of `String`, which takes canonically
/// equivalent strings for one key. Vocabularies list such strings as tokens of their own.
package enum JSONValue: Sendable {
  case null
  case bool(Bool)
  /// A number without fraction and exponent that fits `Int`.
  case integer(Int)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([(key: String, value: JSONValue)])

  /// What the value is, for messages.
  package var kind: String {
    switch self {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .string(let value): value.quoted
    case .array: "an array"
    case .object: "an object"
    }
  }

  /// The first member of that name, or nil where there's none or this is no object.
  ///
  /// Linear.
  package subscript(key: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.key == key }?.value
  }
}
