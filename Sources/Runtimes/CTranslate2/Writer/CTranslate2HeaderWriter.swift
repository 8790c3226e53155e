// SPDX-License-Identifier: Apache-2.0

/// Puts down the fields of a `model.bin` in their order, with room for the bytes of tensors.
struct CTranslate2HeaderWriter {
  /// What is known, by offset.
  private(set) var pieces: [(offset: Int, bytes: [UInt8])] = []
  /// How long the file is so far.
  private(set) var position = 0

  mutating func append(_ bytes: [UInt8]) {
    if let last = pieces.indices.last, pieces[last].offset + pieces[last].bytes.count == position {
      pieces[last].bytes += bytes
    } else {
      pieces.append((position, bytes))
    }
    position += bytes.count
  }

  /// Leaves room.
  mutating func skip(_ count: Int) { position += count }

  private mutating func append(name: String) {
    let bytes = Array(name.utf8)
    append(UInt16(clamping: bytes.count + 1).littleEndianBytes + bytes + [0])
  }

  mutating func begin(variableCount: Int) {
    append(CTranslate2.binaryVersion.littleEndianBytes)
    append(name: CTranslate2.decoderSpecification)
    append(CTranslate2.decoderRevision.littleEndianBytes)
    append(UInt32(clamping: variableCount).littleEndianBytes)
  }

  /// Says what a variable is; returns where its bytes begin.
  mutating func declare(_ variable: CTranslate2Layout.Variable) -> Int {
    append(name: variable.name)
    append(
      [UInt8(clamping: variable.shape.count)]
        + variable.shape.flatMap { UInt32(clamping: $0).littleEndianBytes })
    append([variable.type.rawValue] + UInt32(clamping: variable.byteCount).littleEndianBytes)
    return position
  }

  mutating func end(aliases: [(alias: String, target: String)]) {
    append(UInt32(clamping: aliases.count).littleEndianBytes)
    for (alias, target) in aliases {
      append(name: alias)
      append(name: target)
    }
  }
}
