// SPDX-License-Identifier: Apache-2.0

import Tensors

/// The type of a variable's numbers; the raw values are the file's.
enum CTranslate2Type: UInt8, Sendable, CaseIterable {
  case float32, int8, int16, int32, float16, bfloat16

  var elementType: ElementType {
    switch self {
    case .float32: .f32
    case .int8: .i8
    case .int16: .i16
    case .int32: .i32
    case .float16: .f16
    case .bfloat16: .bf16
    }
  }

  var byteCount: Int { elementType.bitWidth / 8 }

  /// The type of numbers of an element type, or nil where the format has none.
  init?(_ elementType: ElementType) {
    guard let type = Self.allCases.first(where: { $0.elementType == elementType }) else {
      return nil
    }
    self = type
  }

  /// What files before version 4 meant by the bytes of one number.
  init?(formerByteCount: UInt8) {
    switch formerByteCount {
    case 4: self = .float32
    case 2: self = .int16
    case 1: self = .int8
    default: return nil
    }
  }
}
