// SPDX-License-Identifier: Apache-2.0

import Tensors

/// The metadata of a file: values by key; strings and arrays are read from the file when asked for.
package struct GGUFMetadata: Sendable {
  let file: MappedFile
  private(set) var values: [String: GGUFValue] = [:]
  /// In the order of the file.
  package private(set) var keys: [String] = []

  init(file: MappedFile) { self.file = file }

  /// Adds a value; returns false where the key is there already.
  mutating func add(_ key: String, _ value: GGUFValue) -> Bool {
    guard values.updateValue(value, forKey: key) == nil else { return false }
    keys.append(key)
    return true
  }

  package func has(_ key: String) -> Bool { values[key] != nil }

  /// A whole number, or nil where the key is absent.
  ///
  /// - Throws: ``GGUFError/wrongValue(file:key:expected:found:)``, as do all of these.
  package func integer(_ key: String) throws(GGUFError) -> Int? {
    switch values[key] {
    case nil: return nil
    case .integer(let number): return Int(number)
    case let other?: throw wrong(key, expected: "an integer", found: other.kind)
    }
  }

  /// A whole number from `range`.
  package func integer(_ key: String, in range: ClosedRange<Int>) throws(GGUFError) -> Int? {
    guard let number = try integer(key) else { return nil }
    guard range.contains(number) else {
      throw wrong(key, expected: "an integer of \(range)", found: "\(number)")
    }
    return number
  }

  /// A finite number, or nil where the key is absent.
  package func float(_ key: String) throws(GGUFError) -> Float? {
    switch values[key] {
    case nil: return nil
    case .float(let number) where number.isFinite: return number
    case .double(let number) where Float(number).isFinite: return Float(number)
    case let other?: throw wrong(key, expected: "a finite number", found: other.kind)
    }
  }

  /// True or false, or nil where the key is absent.
  package func flag(_ key: String) throws(GGUFError) -> Bool? {
    switch values[key] {
    case nil: return nil
    case .flag(let flag): return flag
    case let other?: throw wrong(key, expected: "true or false", found: other.kind)
    }
  }

  /// A text, or nil where the key is absent.
  package func text(_ key: String) throws(GGUFError) -> String? {
    switch values[key] {
    case nil: return nil
    case .text(let range):
      guard let text = file.withBytes({ GGUFCursor.text($0, in: range) }) else {
        throw .notUTF8(file: file.path, place: .key(key), offset: range.lowerBound)
      }
      return text
    case let other?: throw wrong(key, expected: "a string", found: other.kind)
    }
  }

  func wrong(_ key: String, expected: String, found: String) -> GGUFError {
    .wrongValue(file: file.path, key: key, expected: expected, found: found)
  }
}
