// SPDX-License-Identifier: Apache-2.0

import Tensors

extension GGUFMetadata {
  /// The texts of an array, or nil where the key is absent.
  ///
  /// - Throws: ``GGUFError/wrongValue(file:key:expected:found:)``,
  ///   ``GGUFError/notUTF8(file:place:offset:)``
  package func texts(_ key: String) throws -> [String]? {
    guard let array = try array(key) else { return nil }
    guard array.elementType == .string else {
      throw wrong(key, expected: "an array of strings", found: GGUFValue.array(array).kind)
    }
    return try file.withBytes { bytes in
      var cursor = GGUFCursor(bytes, file: file.path, position: array.byteRange.lowerBound)
      var texts: [String] = []
      for _ in 0..<array.count { texts.append(try cursor.text(for: .key(key))) }
      return texts
    }
  }

  /// The whole numbers of an array, or nil where the key is absent; flags count as 0 and 1.
  package func integers(_ key: String) throws -> [Int]? {
    try numbers(key) { cursor, type, place in
      switch type {
      case .u8, .bool: Int(try cursor.integer(UInt8.self, for: place))
      case .i8: Int(try cursor.integer(Int8.self, for: place))
      case .u16: Int(try cursor.integer(UInt16.self, for: place))
      case .i16: Int(try cursor.integer(Int16.self, for: place))
      case .u32: Int(try cursor.integer(UInt32.self, for: place))
      case .i32: Int(try cursor.integer(Int32.self, for: place))
      case .i64: Int(try cursor.integer(Int64.self, for: place))
      case .u64: Int(exactly: try cursor.integer(UInt64.self, for: place))
      case .f32, .f64, .string, .array: nil
      }
    }
  }

  /// The numbers of an array, or nil where the key is absent.
  package func floats(_ key: String) throws -> [Float]? {
    try numbers(key) { cursor, type, place in
      switch type {
      case .f32: Float(bitPattern: try cursor.integer(UInt32.self, for: place))
      case .f64: Float(Double(bitPattern: try cursor.integer(UInt64.self, for: place)))
      default: nil
      }
    }
  }

  private func numbers<Number>(
    _ key: String, _ read: (inout GGUFCursor, GGUFValueType, GGUFPlace) throws -> Number?
  ) throws -> [Number]? {
    guard let array = try array(key) else { return nil }
    return try file.withBytes { bytes in
      var cursor = GGUFCursor(bytes, file: file.path, position: array.byteRange.lowerBound)
      var numbers: [Number] = []
      for _ in 0..<array.count {
        guard let number = try read(&cursor, array.elementType, .key(key)) else {
          throw wrong(key, expected: "an array of numbers", found: GGUFValue.array(array).kind)
        }
        numbers.append(number)
      }
      return numbers
    }
  }

  /// An array, or nil where the key is absent.
  package func array(_ key: String) throws(GGUFError) -> GGUFArray? {
    switch values[key] {
    case nil: return nil
    case .array(let array): return array
    case let other?: throw wrong(key, expected: "an array", found: other.kind)
    }
  }
}
