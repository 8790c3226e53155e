// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tensors

/// A tensor that is to be written.
package struct TensorDeclaration: Sendable, Equatable {
  package var name: String
  package var elementType: ElementType
  /// Outermost dimension first.
  package var shape: [Int]

  package init(name: String, elementType: ElementType, shape: [Int]) {
    self.name = name
    self.elementType = elementType
    self.shape = shape
  }
}

/// Where everything goes in a safetensors file: a function of the declarations alone.
///
/// As the reference writer does it: the widest element type first, then by name, so that every
/// tensor is aligned; the header padded with spaces to a multiple of 8.
package struct SafetensorsLayout: Sendable {
  /// The header's length and the header.
  package let header: Data
  /// In the order of their bytes, which start right behind the header.
  package let tensors: [SafetensorsTensor]
  /// The size of the whole file.
  package let byteCount: Int

  /// Lays out a file; `file` is its name in errors.
  ///
  /// - Parameters:
  ///   - last: what comes behind all other tensors, in this order: their sizes may still change while
  ///     the others keep their places.
  ///   - headerByteCount: the least length of header and length field, reached with spaces.
  /// - Throws: ``CheckpointError`` where the reader would refuse the file.
  package init(
    of declarations: [TensorDeclaration], last: [TensorDeclaration] = [],
    headerByteCount: Int = 0, metadata: [String: String], file: String
  ) throws(CheckpointError) {
    var seen: Set<String> = []
    for tensor in declarations + last {
      guard seen.insert(tensor.name).inserted else {
        throw .duplicateTensor(tensor: tensor.name, file: file, otherFile: file)
      }
    }
    let rank = Dictionary(uniqueKeysWithValues: ElementType.allCases.enumerated().map { ($1, $0) })
    let sorted =
      declarations.sorted { a, b in
        let (first, second) = (rank[a.elementType] ?? 0, rank[b.elementType] ?? 0)
        return first == second
          ? a.name.utf8.lexicographicallyPrecedes(b.name.utf8) : first > second
      } + last
    var text = "{"
    if !metadata.isEmpty {
      let pairs = metadata.sorted { $0.key < $1.key }
        .map { "\($0.key.jsonLiteral):\($0.value.jsonLiteral)" }
      text += "\"\(SafetensorsHeader.metadataKey)\":{\(pairs.joined(separator: ","))}"
    }
    var end = 0
    var ranges: [Range<Int>] = []
    for tensor in sorted {
      let byteCount = try Self.byteCount(of: tensor, file: file)
      let (next, overflow) = end.addingReportingOverflow(byteCount)
      guard !overflow, next < Int.max / 2 else {
        throw .shapeOverflow(file: file, tensor: tensor.name, shape: tensor.shape)
      }
      ranges.append(end..<next)
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      text += text.utf8.count > 1 ? "," : ""
      text += tensor.name.jsonLiteral
      text += ":{\"dtype\":\"\(tensor.elementType.rawValue)\",\"shape\":[\(shape)]"
      text += ",\"data_offsets\":[\(end),\(next)]}"
      end = next
    }
    text += "}"
    text += String(repeating: " ", count: (8 - text.utf8.count % 8) % 8)
    text += String(repeating: " ", count: max(0, headerByteCount - 8 - text.utf8.count))
    let length = text.utf8.count
    guard length <= SafetensorsHeader.maximumByteCount else {
      throw .headerTooLong(
        file: file, headerByteCount: UInt64(length), limit: SafetensorsHeader.maximumByteCount)
    }
    var header = withUnsafeBytes(of: UInt64(length).littleEndian) { Data($0) }
    header.append(contentsOf: text.utf8)
    let start = header.count
    self.header = header
    tensors = zip(sorted, ranges).map { tensor, range in
      SafetensorsTensor(
        name: tensor.name, elementType: tensor.elementType, shape: tensor.shape,
        byteRange: range.lowerBound + start..<range.upperBound + start)
    }
    byteCount = start + end
  }

  /// The bytes that a tensor takes, once its name and shape are known to be writable.
  static func byteCount(
    of tensor: TensorDeclaration, file: String
  ) throws(CheckpointError) -> Int {
    if tensor.name.isEmpty || tensor.name == SafetensorsHeader.metadataKey {
      throw .reservedName(file: file, tensor: tensor.name)
    }
    if tensor.name.containsControlCharacter {
      throw .controlCharacterInName(file: file, tensor: tensor.name)
    }
    return try SafetensorsEntry.byteCount(
      of: tensor.elementType, shape: tensor.shape, tensor: tensor.name, file: file)
  }
}
