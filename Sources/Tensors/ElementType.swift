// SPDX-License-Identifier: Apache-2.0

/// What one stored number is, by the names that safetensors gives (upper case).
public enum ElementType: String, Sendable, CaseIterable, Codable {
  case bool = "BOOL"
  case f4 = "F4"
  case f6e2m3 = "F6_E2M3"
  case f6e3m2 = "F6_E3M2"
  case u8 = "U8"
  case i8 = "I8"
  case f8e5m2 = "F8_E5M2"
  case f8e4m3 = "F8_E4M3"
  case f8e8m0 = "F8_E8M0"
  case f8e4m3fnuz = "F8_E4M3FNUZ"
  case f8e5m2fnuz = "F8_E5M2FNUZ"
  case i16 = "I16"
  case u16 = "U16"
  case f16 = "F16"
  case bf16 = "BF16"
  case i32 = "I32"
  case u32 = "U32"
  case f32 = "F32"
  case c64 = "C64"
  case f64 = "F64"
  case i64 = "I64"
  case u64 = "U64"

  /// The size of one element in bits.
  public var bitWidth: Int {
    switch self {
    case .f4: 4
    case .f6e2m3, .f6e3m2: 6
    case .bool, .u8, .i8, .f8e5m2, .f8e4m3, .f8e8m0, .f8e4m3fnuz, .f8e5m2fnuz: 8
    case .i16, .u16, .f16, .bf16: 16
    case .i32, .u32, .f32: 32
    case .c64, .f64, .i64, .u64: 64
    }
  }

  /// What a tensor's scheme is called whose numbers stand as they are: the name in lower case.
  package var schemeName: String { rawValue.lowercased() }

  /// True for the types whose weights Halftone quantizes: F16, BF16 and F32.
  public var isQuantizable: Bool {
    switch self {
    case .f16, .bf16, .f32: true
    default: false
    }
  }

  /// The bytes that `elementCount` elements take, or nil where that overflows or is no whole number
  /// of bytes.
  public func byteCount(of elementCount: Int) -> Int? {
    let (bits, overflow) = elementCount.multipliedReportingOverflow(by: bitWidth)
    guard !overflow, elementCount >= 0, bits % 8 == 0 else { return nil }
    return bits / 8
  }
}
