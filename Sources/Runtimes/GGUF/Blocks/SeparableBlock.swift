// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors

/// A block type whose codes and scales can stand apart, as the products' kernels want them.
protocol SeparableBlock: GGUFBlock {
  /// What one block gives to each component, in the order of the components.
  static var fields: [SeparatedField] { get }

  /// Refers to ``fields``, and after them to ``constants``, by position.
  static var separatedEncoding: Encoding { get }

  /// Components that are the same for every tensor.
  static var constants: [(role: String, values: [Float])] { get }

  /// Copies one field of one block.
  ///
  /// - Parameters:
  ///   - block: `byteCount` bytes at any alignment.
  ///   - bytes: receives ``SeparatedField/byteCount`` bytes.
  static func separate(
    field: Int, of block: UnsafePointer<UInt8>, into bytes: UnsafeMutablePointer<UInt8>)
}

extension SeparableBlock {
  static var constants: [(role: String, values: [Float])] { [] }
}

/// What a block holds of one component.
struct SeparatedField: Sendable {
  var role: String
  var elementType: ElementType
  /// Numbers per block, or bytes of packed codes.
  var count: Int

  var byteCount: Int { count * elementType.bitWidth / 8 }

  init(_ role: String, _ elementType: ElementType, _ count: Int) {
    self.role = role
    self.elementType = elementType
    self.count = count
  }
}

extension UnsafePointer<UInt8> {
  /// Copies bytes.
  func copy(_ range: Range<Int>, into bytes: UnsafeMutablePointer<UInt8>) {
    for index in 0..<range.count { bytes[index] = self[range.lowerBound + index] }
  }

  /// Packs codes that stand as the low halves of some bytes and then as their high halves: one after the
  /// other, the first of a byte in its high half.
  ///
  /// - Parameter offset: where `count` bytes of codes begin; `count` is even.
  func interleaveHalves(
    at offset: Int, count: Int, into bytes: UnsafeMutablePointer<UInt8>
  ) {
    for pair in 0..<count / 2 {
      let (first, second) = (self[offset + 2 * pair], self[offset + 2 * pair + 1])
      bytes[pair] = first << 4 | second & 15
      bytes[count / 2 + pair] = first & 0xF0 | second >> 4
    }
  }
}
