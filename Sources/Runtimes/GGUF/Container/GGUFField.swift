// SPDX-License-Identifier: Apache-2.0

/// A metadata entry that is to be written.
///
/// llama.cpp takes a key in one type only, so each has the type that it asks for.
struct GGUFField: Sendable, Equatable {
  enum Value: Sendable, Equatable {
    case u16(UInt16)
    case u32(UInt32)
    case i32(Int32)
    case f32(Float)
    case flag(Bool)
    case text(String)
    case integers([Int32])
    case floats([Float])
    case flags([Bool])
    case texts([String])
  }

  let key: String
  let value: Value

  init(_ key: String, _ value: Value) {
    self.key = key
    self.value = value
  }

  /// The entry's bytes: key, type, value.
  func append(to bytes: inout [UInt8]) {
    bytes.append(text: key)
    switch value {
    case .u16(let number): bytes.append(.u16, number)
    case .u32(let number): bytes.append(.u32, number)
    case .i32(let number): bytes.append(.i32, number)
    case .f32(let number): bytes.append(.f32, number.bitPattern)
    case .flag(let flag): bytes.append(.bool, flag ? 1 : 0 as UInt8)
    case .text(let text):
      bytes.append(integer: GGUFValueType.string.rawValue)
      bytes.append(text: text)
    case .integers(let numbers):
      bytes.append(.i32, numbers) { $0.append(integer: $1) }
    case .floats(let numbers):
      bytes.append(.f32, numbers) { $0.append(integer: $1.bitPattern) }
    case .flags(let flags):
      bytes.append(.bool, flags) { $0.append($1 ? 1 : 0) }
    case .texts(let texts):
      bytes.append(.string, texts) { $0.append(text: $1) }
    }
  }
}

extension [UInt8] {
  /// A number, little-endian.
  mutating func append(integer: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: integer.littleEndian) { append(contentsOf: $0) }
  }

  /// A string: its length and its UTF-8.
  mutating func append(text: String) {
    append(integer: UInt64(text.utf8.count))
    append(contentsOf: text.utf8)
  }

  fileprivate mutating func append(_ type: GGUFValueType, _ number: some FixedWidthInteger) {
    append(integer: type.rawValue)
    append(integer: number)
  }

  fileprivate mutating func append<Item>(
    _ type: GGUFValueType, _ items: [Item], _ write: (inout [UInt8], Item) -> Void
  ) {
    append(integer: GGUFValueType.array.rawValue)
    append(integer: type.rawValue)
    append(integer: UInt64(items.count))
    for item in items { write(&self, item) }
  }
}
