// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors

/// One tensor of a safetensors file: what it is and where its bytes are.
package struct SafetensorsTensor: Sendable, Equatable {
  package var name: String
  package var elementType: ElementType
  /// Outermost dimension first; products from the left fit in an `Int`, also times the bit width.
  package var shape: [Int]
  /// Its bytes, counted from the start of the file; checked to be inside.
  package var byteRange: Range<Int>

  /// The tensor as a source lists it.
  package var description: TensorDescription {
    TensorDescription(
      name: name, shape: shape, elementType: elementType,
      scheme: elementType.schemeName, storedByteCount: byteRange.count)
  }
}

/// One safetensors file, checked completely: the format's rules as its reference reader enforces
/// them, and stricter where readers differ (see `SafetensorsFile+Checking.swift`).
///
/// Layout: 8 bytes little-endian header length N, N bytes of JSON, then the tensors' bytes without
/// a hole up to the end of the file. Reading the header touches no other page.
package struct SafetensorsFile: Sendable {
  package let file: MappedFile
  /// `__metadata__`; empty where the file has none.
  package let metadata: [String: String]
  /// In the order of their bytes; empty tensors that share a place, by name.
  package let tensors: [SafetensorsTensor]

  /// Maps and checks the file at `path`.
  package init(path: String) throws(CheckpointError) {
    let file: MappedFile
    do { file = try MappedFile(path: path) } catch { throw .file(error) }
    try self.init(file)
  }

  /// Checks a file that is in memory, called `path` in error messages.
  package init(contents: Data, path: String = "memory") throws(CheckpointError) {
    try self.init(MappedFile(copying: contents, path: path))
  }

  /// Checks a mapped file.
  package init(_ file: MappedFile) throws(CheckpointError) {
    let header: SafetensorsHeader
    do {
      header = try file.withBytes { try SafetensorsHeader(of: $0, file: file.path) }
    } catch {
      throw CheckpointError(wrapping: error, file: file.path)
    }
    self.file = file
    metadata = header.metadata
    tensors = header.tensors
  }
}
