// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors

/// A model's `config.json`, read key by key.
///
/// It remembers which keys were asked for. When a family has read everything that it implements,
/// ``requireNothingElse(besides:)`` finds the options that would otherwise be ignored in silence.
final class Configuration {
  private let values: [String: JSONValue]
  /// What stands before a key in messages: empty, or the keys of the enclosing objects.
  private let prefix: String
  private var readKeys: Set<String> = []
  private var sections: [String: Configuration] = [:]

  /// Parses the model's `config.json`.
  ///
  /// - Throws: ``InferenceError/missingConfiguration`` or why the source has none,
  ///   ``InferenceError/malformedConfiguration``.
  convenience init(of source: any ModelSource) throws {
    guard let data = source.asset("config.json") else {
      throw source.absence(of: "config.json") ?? InferenceError.missingConfiguration
    }
    guard let value = try? JSONDecoder().decode(JSONValue.self, from: data),
      case .object(let values) = value
    else { throw InferenceError.malformedConfiguration }
    self.init(values)
  }

  init(_ values: [String: JSONValue], prefix: String = "") {
    self.values = values
    self.prefix = prefix
  }

  /// The value of a key, or nil where it is absent or null.
  ///
  /// - Throws: ``InferenceError/invalidValue(key:expected:found:)`` where it has another type.
  func optional<Value: ConfigurationValue>(_ key: String) throws -> Value? {
    readKeys.insert(key)
    guard let json = values[key], json != .null else { return nil }
    guard let value = Value(json) else {
      throw invalid(key, expected: Value.expectation)
    }
    return value
  }

  /// The value of a key.
  ///
  /// - Throws: also ``InferenceError/missingKey(_:)``.
  func required<Value: ConfigurationValue>(_ key: String) throws -> Value {
    guard let value: Value = try optional(key) else {
      throw InferenceError.missingKey(prefix + key)
    }
    return value
  }

  /// True where the key is absent, which for some keys is not the same as null.
  func lacks(_ key: String) -> Bool { values[key] == nil }

  /// A count of something, from 1 to `limit`, or nil where the key is absent or null.
  ///
  /// The limit keeps products of two counts far from overflow.
  func optionalCount(_ key: String, limit: Int = 1 << 28) throws -> Int? {
    guard let count: Int = try optional(key) else { return nil }
    guard (1...limit).contains(count) else {
      throw invalid(key, expected: "an integer of 1...\(limit)")
    }
    return count
  }

  /// A count that must be there; see ``optionalCount(_:limit:)``.
  func count(_ key: String, limit: Int = 1 << 28) throws -> Int {
    guard let count = try optionalCount(key, limit: limit) else {
      throw InferenceError.missingKey(prefix + key)
    }
    return count
  }

  /// A finite number above 0, or nil where the key is absent or null.
  func optionalPositive(_ key: String) throws -> Double? {
    guard let number: Double = try optional(key) else { return nil }
    guard number > 0, number.isFinite else { throw invalid(key, expected: "a number above 0") }
    return number
  }

  /// A finite number above 0 that must be there.
  func positive(_ key: String) throws -> Double {
    guard let number = try optionalPositive(key) else {
      throw InferenceError.missingKey(prefix + key)
    }
    return number
  }

  /// A count under the first of several names that the file uses.
  func count(_ keys: [String], limit: Int = 1 << 28) throws -> Int {
    for key in keys {
      if let count = try optionalCount(key, limit: limit) { return count }
    }
    throw InferenceError.missingKey(prefix + (keys.first ?? ""))
  }

  /// A finite number, or nil where the key is absent or null.
  func optionalFinite(_ key: String) throws -> Double? {
    guard let number: Double = try optional(key) else { return nil }
    guard number.isFinite else { throw invalid(key, expected: "a finite number") }
    return number
  }

  /// A number above 0 that is off where the key is null: the default counts for an absent key only.
  func switchable(_ key: String, default: Double?) throws -> Double? {
    let number = try optionalPositive(key)
    return lacks(key) ? `default` : number
  }

  /// Whether an option is on: the default where the key is absent, and not where it is null.
  func flag(_ key: String, default: Bool) throws -> Bool {
    let flag: Bool? = try optional(key)
    return lacks(key) ? `default` : flag ?? false
  }

  /// Refuses any value of a key but those that the family implements; an absent key is one.
  func require(_ key: String, in accepted: Set<String>) throws {
    let value: String? = try optional(key)
    if let value, !accepted.contains(value) { throw unsupported(key) }
  }

  /// Refuses any value of a key but the one that the family implements; an absent key is that.
  func require<Value: ConfigurationValue & Equatable>(_ key: String, toBe value: Value) throws {
    let found: Value? = try optional(key)
    if let found, found != value { throw unsupported(key) }
  }

  /// Counts keys as read that a family's logits don't depend on, for a reason that the family
  /// states.
  func ignore(_ keys: String...) {
    readKeys.formUnion(keys)
  }

  /// The same for the keys that no family's logits depend on, in an object inside the file.
  func ignoreInertKeys() {
    readKeys.formUnion(Self.inertKeys)
  }

  /// The object under a key, or nil where the key is absent, null, or the object empty; the same
  /// one for every call.
  func section(_ key: String) throws -> Configuration? {
    if let section = sections[key] { return section }
    readKeys.insert(key)
    guard let json = values[key], json != .null else { return nil }
    guard case .object(let object) = json else { throw invalid(key, expected: "an object") }
    guard !object.isEmpty else { return nil }
    let section = Configuration(object, prefix: "\(prefix)\(key).")
    sections[key] = section
    return section
  }

  /// The error for a value that was read and can't be used.
  func invalid(_ key: String, expected: String) -> InferenceError {
    let found = values[key] ?? .null
    return .invalidValue(key: prefix + key, expected: expected, found: found.description)
  }

  /// The error for a value that was read and asks for something that isn't implemented.
  func unsupported(_ key: String) -> InferenceError {
    let value = values[key] ?? .null
    return .unsupportedOption(key: prefix + key, value: value.description)
  }

  /// Checks that every key was read, or is null or false (an option that is off), or is `inert`.
  ///
  /// - Throws: ``InferenceError/unsupportedOption(key:value:)`` for the first other key by name.
  func requireNothingElse(besides inert: Set<String>) throws {
    for (key, value) in values.sorted(by: { $0.key < $1.key })
    where !readKeys.contains(key) && !inert.contains(key) && !key.hasPrefix("_") {
      guard value == .null || value == .flag(false) else { throw unsupported(key) }
    }
    for (_, section) in sections.sorted(by: { $0.key < $1.key }) {
      try section.requireNothingElse(besides: [])
    }
  }
}
