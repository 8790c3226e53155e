// SPDX-License-Identifier: Apache-2.0

import Tensors

/// One tensor's entry in a header, as written there.
///
/// Fields that the format does not define are skipped, as the reference reader does.
struct SafetensorsEntry {
  private let file: String
  private let name: String
  private var elementType: ElementType
  private var shape: [Int]
  private var offsets: [Int]

  /// Reads the object that the scanner stands before.
  init(from scan: inout JSONScan, tensor: String, file: String) throws {
    var elementType: ElementType?
    var shape: [Int]?
    var offsets: [Int]?
    try scan.object { scan, key, _ in
      switch key {
      case "dtype":
        let found = try scan.string()
        guard let known = ElementType(rawValue: found) else {
          throw CheckpointError.unknownElementType(file: file, tensor: tensor, found: found)
        }
        elementType = known
      case "shape":
        var dimensions: [Int] = []
        try scan.array { scan in
          dimensions.append(try scan.count())
          guard dimensions.count <= SafetensorsHeader.maximumRank else {
            throw CheckpointError.tooManyDimensions(
              file: file, tensor: tensor, limit: SafetensorsHeader.maximumRank)
          }
        }
        shape = dimensions
      case "data_offsets":
        var found: [Int] = []
        var count = 0
        try scan.array { scan in
          let offset = try scan.count()
          count += 1
          if count <= 2 { found.append(offset) }
        }
        guard count == 2 else {
          throw CheckpointError.wrongOffsetCount(file: file, tensor: tensor, found: count)
        }
        offsets = found
      default: try scan.skip()
      }
    }
    func require<Value>(_ value: Value?, _ field: String) throws -> Value {
      guard let value else {
        throw CheckpointError.missingField(file: file, tensor: tensor, field: field)
      }
      return value
    }
    self.file = file
    name = tensor
    self.elementType = try require(elementType, "dtype")
    self.shape = try require(shape, "shape")
    self.offsets = try require(offsets, "data_offsets")
  }

  /// The tensor, once its size is known to be what its shape needs.
  ///
  /// - Parameter dataStart: where the tensors' bytes begin in the file.
  func tensor(dataStart: Int) throws -> SafetensorsTensor {
    let expected = try byteCount()
    let (begin, end) = (offsets[0], offsets[1])
    guard begin <= end else {
      throw CheckpointError.offsetsReversed(file: file, tensor: name, begin: begin, end: end)
    }
    guard end - begin == expected else {
      throw CheckpointError.wrongByteCount(
        file: file, tensor: name, expected: expected, found: end - begin)
    }
    let (last, overflow) = end.addingReportingOverflow(dataStart)
    guard !overflow else {
      throw CheckpointError.shapeOverflow(file: file, tensor: name, shape: shape)
    }
    return SafetensorsTensor(
      name: name, elementType: elementType, shape: shape, byteRange: begin + dataStart..<last)
  }

  private func byteCount() throws(CheckpointError) -> Int {
    try Self.byteCount(of: elementType, shape: shape, tensor: name, file: file)
  }

  /// The bytes that a shape needs.
  ///
  /// Multiplied from the left, as the reference reader does: `[0, n, n]` holds nothing whatever n
  /// is, but a product that overflows before it meets the 0 is refused.
  static func byteCount(
    of elementType: ElementType, shape: [Int], tensor: String, file: String
  ) throws(CheckpointError) -> Int {
    guard shape.count <= SafetensorsHeader.maximumRank else {
      throw .tooManyDimensions(file: file, tensor: tensor, limit: SafetensorsHeader.maximumRank)
    }
    var elementCount = 1
    for dimension in shape {
      let (product, overflow) = elementCount.multipliedReportingOverflow(by: dimension)
      guard !overflow, dimension >= 0 else {
        throw .shapeOverflow(file: file, tensor: tensor, shape: shape)
      }
      elementCount = product
    }
    let (bits, overflow) = elementCount.multipliedReportingOverflow(by: elementType.bitWidth)
    guard !overflow else { throw .shapeOverflow(file: file, tensor: tensor, shape: shape) }
    guard bits.isMultiple(of: 8) else {
      throw .partialByte(file: file, tensor: tensor, shape: shape, elementType: elementType)
    }
    return bits / 8
  }
}
