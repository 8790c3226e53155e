// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A GGUF file put together field by field, as right or as wrong as a test wants it.
struct GGUFBytes {
  var magic = Array("GGUF".utf8)
  var version: UInt32 = 3
  /// Nil for as many as there are.
  var tensorCount: UInt64?
  var keyCount: UInt64?
  /// Each a whole metadata entry.
  var entries: [Data] = []
  /// Each all that is said of a tensor.
  var tensors: [Data] = []
  var alignment = 32
  var data = Data()

  var contents: Data {
    var file = Data(magic)
    file.append(version.bytes)
    file.append((tensorCount ?? UInt64(tensors.count)).bytes)
    file.append((keyCount ?? UInt64(entries.count)).bytes)
    for part in entries + tensors { file.append(part) }
    if !data.isEmpty {
      file.append(Data(repeating: 0, count: (alignment - file.count % alignment) % alignment))
      file.append(data)
    }
    return file
  }

  /// An entry of the value type `type` whose value is `value`.
  static func entry(_ key: String, _ type: UInt32, _ value: Data) -> Data {
    string(key) + type.bytes + value
  }

  static func entry(_ key: String, u32 value: UInt32) -> Data { entry(key, 4, value.bytes) }

  static func entry(_ key: String, text: String) -> Data { entry(key, 8, string(text)) }

  /// An array whose elements are of the value type `type`; `count` says how many are claimed.
  static func entry(_ key: String, array type: UInt32, count: UInt64, _ elements: Data) -> Data {
    entry(key, 9, type.bytes + count.bytes + elements)
  }

  /// What is said of a tensor; `dimensions` in the file's order, the innermost first.
  static func tensor(
    _ name: String, _ dimensions: [Int64], type: UInt32, offset: UInt64 = 0
  ) -> Data {
    dimensions.reduce(string(name) + UInt32(dimensions.count).bytes) { $0 + $1.bytes }
      + type.bytes + offset.bytes
  }

  static func string(_ text: String) -> Data { UInt64(text.utf8.count).bytes + Data(text.utf8) }
}

extension FixedWidthInteger {
  /// Little-endian.
  var bytes: Data { withUnsafeBytes(of: littleEndian) { Data($0) } }
}
