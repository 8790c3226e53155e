// SPDX-License-Identifier: Apache-2.0

import Tensors

/// Variables that are settings: scalars, and short lists of numbers.
extension CTranslate2File {
  /// The number of a scalar, or nil where there is none of that name.
  ///
  /// - Throws: ``CTranslate2Error/variable(file:name:problem:)`` where it is not one finite number.
  func number(_ name: String) throws -> Double? {
    guard let variable = self[name] else { return nil }
    guard variable.elementCount == 1 else {
      throw CTranslate2Error.variable(
        file: file.path, name: name, problem: "has the shape \(variable.shape), not one number")
    }
    return try numbers(of: variable)[0]
  }

  /// A whole number from `range`, or nil where there is none of that name.
  ///
  /// - Throws: ``CTranslate2Error/variable(file:name:problem:)`` where it is something else.
  func integer(_ name: String, in range: ClosedRange<Int>) throws -> Int? {
    guard let number = try number(name) else { return nil }
    guard let integer = Int(exactly: number), range.contains(integer) else {
      throw CTranslate2Error.variable(
        file: file.path, name: name, problem: "is \(number), not a whole number of \(range)")
    }
    return integer
  }

  /// Whether a flag is set; nil where there is none of that name.
  func flag(_ name: String) throws -> Bool? {
    try integer(name, in: 0...1).map { $0 == 1 }
  }

  /// The numbers of a short list, or nil where there is none of that name.
  ///
  /// - Throws: ``CTranslate2Error/variable(file:name:problem:)`` where they are not `count` finite
  ///   numbers.
  func numbers(_ name: String, count: Int) throws -> [Double]? {
    guard let variable = self[name] else { return nil }
    guard variable.shape == [count] else {
      throw CTranslate2Error.variable(
        file: file.path, name: name, problem: "has the shape \(variable.shape), not [\(count)]")
    }
    return try numbers(of: variable)
  }

  private func numbers(of variable: CTranslate2Variable) throws -> [Double] {
    let numbers: [Double] = try file.withBytes(in: variable.byteRange) { bytes in
      (0..<variable.elementCount).map { index in
        let offset = index * variable.type.byteCount
        switch variable.type {
        case .int8: return Double(bytes.loadUnaligned(fromByteOffset: offset, as: Int8.self))
        case .int16:
          return Double(
            Int16(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Int16.self)))
        case .int32:
          return Double(
            Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Int32.self)))
        case .float32, .float16, .bfloat16:
          var number: Float = 0
          let bytes = UnsafeRawBufferPointer(
            rebasing: bytes[offset..<offset + variable.type.byteCount])
          withUnsafeMutablePointer(to: &number) {
            _ = ElementConversion.widen(
              bytes, of: variable.type.elementType,
              into: UnsafeMutableBufferPointer(start: $0, count: 1))
          }
          return Double(number)
        }
      }
    }
    guard numbers.allSatisfy(\.isFinite) else {
      throw CTranslate2Error.variable(
        file: file.path, name: variable.name, problem: "is not a finite number")
    }
    return numbers
  }
}
