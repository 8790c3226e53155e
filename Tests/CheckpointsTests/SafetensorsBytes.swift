// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Foundation
import Testing

/// A safetensors file from a header and data, whatever they are.
func safetensors(_ header: String, data byteCount: Int = 0) -> Data {
  safetensors(Data(header.utf8), data: byteCount)
}

/// A safetensors file from a header and data, whatever they are.
func safetensors(_ header: Data, data byteCount: Int = 0) -> Data {
  var file = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Data($0) }
  file += header
  file += Data((0..<byteCount).map { UInt8(truncatingIfNeeded: $0) })
  return file
}

/// An entry of a header.
func entry(
  _ name: String, _ type: String = "U8", _ shape: String = "[4]", _ offsets: String = "[0,4]"
) -> String {
  "\"\(name)\":{\"dtype\":\"\(type)\",\"shape\":\(shape),\"data_offsets\":\(offsets)}"
}

/// A file with one 4-byte U8 tensor for each name.
func shard(_ names: String...) -> Data {
  let entries = names.enumerated().map { entry($1, "U8", "[4]", "[\($0 * 4),\($0 * 4 + 4)]") }
  return safetensors("{\(entries.joined(separator: ","))}", data: names.count * 4)
}

/// Expects that a file called `f` is refused with exactly this error.
func expectRefusal(
  _ file: Data, _ expected: CheckpointError, sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(throws: expected, sourceLocation: sourceLocation) {
    try SafetensorsFile(contents: file, path: "f")
  }
}
