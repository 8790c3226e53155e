// SPDX-License-Identifier: Apache-2.0

/// A metadata value; what is long stays in the file.
package enum GGUFValue: Sendable, Equatable {
  case integer(Int64)
  /// An unsigned number that no `Int64` holds.
  case large(UInt64)
  case float(Float)
  case double(Double)
  case flag(Bool)
  /// The place of a string's bytes in the file.
  case text(Range<Int>)
  case array(GGUFArray)

  /// How a message names the kind of value.
  var kind: String {
    switch self {
    case .integer, .large: "an integer"
    case .float, .double: "a number"
    case .flag: "true or false"
    case .text: "a string"
    case .array(let array): "an array of \(array.elementType)"
    }
  }
}

/// An array that stays in the file: its elements were walked over once, so they are all there.
package struct GGUFArray: Sendable, Equatable {
  package var elementType: GGUFValueType
  package var count: Int
  /// The place of the elements in the file.
  package var byteRange: Range<Int>
}
