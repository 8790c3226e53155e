// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors
import Tokenization

/// A checkpoint's `config.json`, as it is read for writing a GGUF file.
///
/// A member that is null is as good as absent. Where the text's part stands in an object of its own,
/// its members count before those beside it. A name with a dot is that of a member of a member.
struct GGUFCheckpointConfiguration: Sendable {
  private let objects: [JSONValue]
  /// Other names under which checkpoints of the family have a member.
  var aliases: [String: [String]] = [:]

  /// - Throws: ``RuntimeError/configuration(problem:)``.
  init(of source: any ModelSource) throws {
    guard let data = source.asset("config.json") else {
      throw source.absence(of: "config.json") ?? RuntimeError.configuration(problem: "is missing")
    }
    let value: JSONValue
    do { value = try JSONReader.read(data, path: "config.json") } catch {
      throw RuntimeError.configuration(problem: "is malformed: \(error)")
    }
    guard case .object = value else {
      throw RuntimeError.configuration(problem: "is no object")
    }
    self.init(value)
  }

  init(_ value: JSONValue) {
    var objects = [value]
    if let text = value["text_config"], case .object = text { objects.insert(text, at: 0) }
    self.objects = objects
  }

  /// The value under a name or one of its aliases, or nil where all are absent or null.
  subscript(name: String) -> JSONValue? {
    for name in [name] + (aliases[name] ?? []) {
      for object in objects {
        let path = name.split(separator: ".").map(String.init)
        let value = path.reduce(Optional(object)) { $0?[$1] }
        if let value, !value.isNull { return value }
      }
    }
    return nil
  }

  /// A whole number from 0 to 2^28.
  ///
  /// - Throws: ``GGUFWritingError/wrongValue(key:expected:found:)``, as do all of these.
  func count(_ name: String) throws -> Int? {
    guard let value = self[name] else { return nil }
    guard case .integer(let count) = value, (0...1 << 28).contains(count) else {
      throw wrong(name, value, expected: "a whole number up to 2^28")
    }
    return count
  }

  func number(_ name: String) throws -> Double? {
    guard let value = self[name] else { return nil }
    guard let number = value.finiteNumber else {
      throw wrong(name, value, expected: "a finite number")
    }
    return number
  }

  func flag(_ name: String) throws -> Bool? {
    guard let value = self[name] else { return nil }
    guard case .bool(let flag) = value else {
      throw wrong(name, value, expected: "true or false")
    }
    return flag
  }

  func text(_ name: String) throws -> String? {
    guard let value = self[name] else { return nil }
    guard case .string(let text) = value else { throw wrong(name, value, expected: "a string") }
    return text
  }

  func numbers(_ name: String) throws -> [Float]? {
    guard let value = self[name] else { return nil }
    guard case .array(let array) = value else {
      throw wrong(name, value, expected: "a list of numbers")
    }
    return try array.map { element in
      guard let number = element.finiteNumber else {
        throw wrong(name, element, expected: "a list of numbers")
      }
      return Float(number)
    }
  }

  private func wrong(_ name: String, _ value: JSONValue, expected: String) -> GGUFWritingError {
    .wrongValue(key: name, expected: expected, found: value.kind)
  }
}

extension JSONValue {
  var isNull: Bool {
    if case .null = self { true } else { false }
  }

  /// The number that this is, or nil.
  var finiteNumber: Double? {
    switch self {
    case .integer(let integer): Double(integer)
    case .number(let number) where number.isFinite: number
    default: nil
    }
  }
}
