// SPDX-License-Identifier: Apache-2.0

/// A setting as a variable holds it.
enum CTranslate2Scalar: Sendable, Equatable {
  case int8(Int)
  case int16(Int)
  case int32(Int)
  case float(Float)
  case floats([Float])

  static func flag(_ flag: Bool) -> Self { .int8(flag ? 1 : 0) }

  var type: CTranslate2Type {
    switch self {
    case .int8: .int8
    case .int16: .int16
    case .int32: .int32
    case .float, .floats: .float32
    }
  }

  var shape: [Int] {
    if case .floats(let numbers) = self { return [numbers.count] }
    return []
  }

  /// Little-endian; a number that its type does not hold is the nearest one that it holds.
  var bytes: [UInt8] {
    switch self {
    case .int8(let number): Int8(clamping: number).littleEndianBytes
    case .int16(let number): Int16(clamping: number).littleEndianBytes
    case .int32(let number): Int32(clamping: number).littleEndianBytes
    case .float(let number): number.bitPattern.littleEndianBytes
    case .floats(let numbers): numbers.flatMap { $0.bitPattern.littleEndianBytes }
    }
  }
}

extension FixedWidthInteger {
  /// The number's bytes, the least significant first.
  var littleEndianBytes: [UInt8] {
    (0..<Self.bitWidth / 8).map { UInt8(truncatingIfNeeded: self >> ($0 * 8)) }
  }
}
