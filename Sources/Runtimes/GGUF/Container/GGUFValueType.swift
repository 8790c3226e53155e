// SPDX-License-Identifier: Apache-2.0

/// What a metadata value is; the raw values are the container's.
package enum GGUFValueType: UInt32, Sendable {
  case u8, i8, u16, i16, u32, i32, f32, bool, string, array, u64, i64, f64

  /// The size in bytes of a value that has a fixed one.
  var byteCount: Int? {
    switch self {
    case .u8, .i8, .bool: 1
    case .u16, .i16: 2
    case .u32, .i32, .f32: 4
    case .u64, .i64, .f64: 8
    case .string, .array: nil
    }
  }
}
