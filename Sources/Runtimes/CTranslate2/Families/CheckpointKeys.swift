// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors

/// A checkpoint's `config.json`, read key by key; null counts as absent unless it is asked for.
struct CheckpointKeys: Sendable {
  private let members: JSONMembers
  /// What stands before a key in messages.
  private let prefix: String
  /// The value of `model_type`.
  private let family: String

  /// - Throws: ``RuntimeError/configuration(problem:)`` where there is none, or no object.
  init(of source: any ModelSource) throws {
    guard let config = source.asset("config.json") else {
      throw source.absence(of: "config.json") ?? RuntimeError.configuration(problem: "is missing")
    }
    do { members = try JSONMembers(config) } catch {
      throw RuntimeError.configuration(problem: "is malformed: \(error)")
    }
    prefix = ""
    family = members["model_type"].flatMap(JSONMembers.string) ?? ""
  }

  private init(_ members: JSONMembers, prefix: String, family: String) {
    self.members = members
    self.prefix = prefix
    self.family = family
  }

  /// Whether the key is not even there.
  func lacks(_ key: String) -> Bool { members[key] == nil }

  /// The value of a key, or nil where it is absent or null.
  ///
  /// - Throws: ``RuntimeError/configuration(problem:)`` where it is no such value.
  private func value<Value: Decodable>(
    _ key: String, as kind: String, _: Value.Type = Value.self
  ) throws -> Value? {
    guard let text = members[key], text != "null" else { return nil }
    guard let value = try? JSONDecoder().decode(Value.self, from: Data(text.utf8)) else {
      throw invalid(key, "is not \(kind)")
    }
    return value
  }

  /// The error for a key whose value can't be used.
  func invalid(_ key: String, _ problem: String) -> RuntimeError {
    .configuration(problem: "has a \((prefix + key).quoted) that \(problem)")
  }

  /// The error for a key that asks for what the runtime does not compute.
  func unsupported(_ key: String) -> RuntimeError {
    let value = members[key].map { $0.count > 40 ? "\($0.prefix(40))…" : $0 } ?? "nothing"
    return .family(
      format: CTranslate2.name, family: family,
      problem: "it does not compute \((prefix + key).quoted): \(value)")
  }

  /// A count of something, 1 to 2^28.
  func count(_ key: String) throws -> Int? {
    guard let count: Int = try value(key, as: "an integer") else { return nil }
    guard (1...1 << 28).contains(count) else { throw invalid(key, "is not from 1 to 2^28") }
    return count
  }

  /// A count that must be there, under the first of several names that is.
  func requiredCount(_ keys: String...) throws -> Int {
    for key in keys {
      if let count = try count(key) { return count }
    }
    throw RuntimeError.configuration(problem: "lacks \((prefix + (keys.first ?? "")).quoted)")
  }

  /// A finite number.
  func number(_ key: String) throws -> Double? {
    guard let number: Double = try value(key, as: "a number") else { return nil }
    guard number.isFinite else { throw invalid(key, "is not finite") }
    return number
  }

  /// A finite number above 0.
  func positive(_ key: String) throws -> Double? {
    guard let number = try number(key) else { return nil }
    guard number > 0 else { throw invalid(key, "is not above 0") }
    return number
  }

  /// A number above 0 that must be there.
  func requiredPositive(_ key: String) throws -> Double {
    guard let number = try positive(key) else {
      throw RuntimeError.configuration(problem: "lacks \((prefix + key).quoted)")
    }
    return number
  }

  func numbers(_ key: String) throws -> [Double]? { try value(key, as: "a list of numbers") }

  func text(_ key: String) throws -> String? { try value(key, as: "a string") }

  func texts(_ key: String) throws -> [String]? { try value(key, as: "a list of strings") }

  /// Whether an option is on: the default where the key is absent, and not where it is null.
  func flag(_ key: String, default: Bool) throws -> Bool {
    let flag: Bool? = try value(key, as: "true or false")
    return lacks(key) ? `default` : flag ?? false
  }

  /// The object under a key, or nil where it is absent, null or empty.
  func section(_ key: String) throws -> CheckpointKeys? {
    guard let text = members[key], text != "null" else { return nil }
    guard let inner = try? JSONMembers(Data(text.utf8)) else { throw invalid(key, "is no object") }
    return inner.isEmpty ? nil : CheckpointKeys(inner, prefix: "\(prefix)\(key).", family: family)
  }

  /// The options of an id: a number, or the first of a list.
  func identifier(_ key: String) throws -> Int? {
    guard let text = members[key], text != "null" else { return nil }
    if let list = try? JSONDecoder().decode([Int].self, from: Data(text.utf8)) { return list.first }
    return try value(key, as: "an integer")
  }
}
