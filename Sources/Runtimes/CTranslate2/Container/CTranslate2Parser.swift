// SPDX-License-Identifier: Apache-2.0

import Tensors

/// Reads the fields of a `model.bin` in their order; so the calls in ``parse()`` are the format's diagram.
struct CTranslate2Parser {
  private(set) var version: UInt32 = 0
  private(set) var specification = ""
  private(set) var revision: UInt32 = 1
  private(set) var variables: [String: CTranslate2Variable] = [:]
  /// The variables' names in the order of the file.
  private(set) var names: [String] = []
  /// What an alias stands for: the name of a variable.
  private(set) var aliases: [String: String] = [:]
  private var cursor: CTranslate2Cursor

  private var file: String { cursor.file }

  /// The least that an entry takes: a name of one byte and a scalar of one, two names of one byte.
  private static let leastVariableByteCount = 9
  private static let leastAliasByteCount = 6
  /// More dimensions than any variable has.
  private static let dimensionLimit = 8

  init(_ bytes: UnsafeRawBufferPointer, file: String) {
    cursor = CTranslate2Cursor(bytes, file: file)
  }

  /// - Throws: ``CTranslate2Error`` at the first rule that is broken.
  mutating func parse() throws(CTranslate2Error) {
    version = try cursor.integer(UInt32.self, for: "the version")
    // Version 1 has no name of what it is; nothing made it for a decoder alone.
    guard (2...CTranslate2.binaryVersion).contains(version) else {
      throw .unsupportedVersion(file: file, found: version)
    }
    specification = try cursor.name(of: "the name of the specification")
    revision = try cursor.integer(UInt32.self, for: "the revision")
    let count = try count(of: "variables", leastByteCount: Self.leastVariableByteCount)
    for index in 0..<count { try readVariable(index) }
    if version >= 3 {
      let count = try self.count(of: "aliases", leastByteCount: Self.leastAliasByteCount)
      for index in 0..<count { try readAlias(index) }
    }
    if cursor.remaining > 0 {
      throw .trailingBytes(file: file, offset: cursor.position, count: cursor.remaining)
    }
  }

  private mutating func count(
    of kind: String, leastByteCount: Int
  ) throws(CTranslate2Error) -> Int {
    let offset = cursor.position
    let count = try cursor.integer(UInt32.self, for: "the number of \(kind)")
    let limit = cursor.remaining / leastByteCount
    guard Int(count) <= limit else {
      throw .tooManyEntries(file: file, kind: kind, offset: offset, found: count, limit: limit)
    }
    return Int(count)
  }

  private mutating func readVariable(_ index: Int) throws(CTranslate2Error) {
    let start = cursor.position
    let name = try cursor.name(of: "the name of variable \(index)")
    let what = "variable \(name.quoted)"
    let rank = try cursor.integer(UInt8.self, for: what)
    guard rank <= Self.dimensionLimit else {
      throw .tooManyDimensions(
        file: file, variable: name, found: rank, offset: cursor.position - 1)
    }
    var shape: [Int] = []
    for _ in 0..<rank { shape.append(Int(try cursor.integer(UInt32.self, for: what))) }
    let typeOffset = cursor.position
    let number = try cursor.integer(UInt8.self, for: what)
    // Before version 4 a type was the bytes of one number, and the length a number of numbers.
    let hasTypes = version >= 4
    guard
      let type = hasTypes
        ? CTranslate2Type(rawValue: number) : CTranslate2Type(formerByteCount: number)
    else { throw .unknownType(file: file, variable: name, found: number, offset: typeOffset) }
    let length = Int(try cursor.integer(UInt32.self, for: what))
    let found = hasTypes ? length : length * type.byteCount
    let expected = Self.byteCount(of: shape, type)
    guard expected == found else {
      throw .wrongByteCount(
        file: file, variable: name, shape: shape, expected: expected, found: found,
        offset: typeOffset + 1)
    }
    let range = try cursor.take(found, for: what)
    let variable = CTranslate2Variable(name: name, shape: shape, type: type, byteRange: range)
    guard variables.updateValue(variable, forKey: name) == nil else {
      throw .duplicateName(file: file, name: name, offset: start)
    }
    names.append(name)
  }

  /// The bytes of a variable, or nil where they are more than any file has.
  private static func byteCount(of shape: [Int], _ type: CTranslate2Type) -> Int? {
    // A product with a 0 in it says nothing of the others; rows and columns multiply those.
    var others = type.byteCount
    for dimension in shape {
      let (product, overflow) = others.multipliedReportingOverflow(by: max(1, dimension))
      guard !overflow else { return nil }
      others = product
    }
    return shape.contains(0) ? 0 : others
  }

  private mutating func readAlias(_ index: Int) throws(CTranslate2Error) {
    let start = cursor.position
    let alias = try cursor.name(of: "the name of alias \(index)")
    let target = try cursor.name(of: "the target of alias \(index)")
    // Variables only, so that aliases can't go in a circle; and scales follow their weights.
    guard variables[target] != nil else {
      throw .danglingAlias(file: file, alias: alias, target: target, offset: start)
    }
    guard variables[alias] == nil, aliases.updateValue(target, forKey: alias) == nil else {
      throw .duplicateName(file: file, name: alias, offset: start)
    }
  }
}
