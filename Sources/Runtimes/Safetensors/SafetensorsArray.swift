// SPDX-License-Identifier: Apache-2.0

import Tensors

/// One array of a safetensors file in which a runtime looks for a part of a tensor.
package struct SafetensorsArray: Sendable {
  /// Where its bytes come from.
  package enum Content: Sendable {
    /// The component at a position of the tensor's layout.
    case component(Int)
    /// They are known.
    case bytes([UInt8])
    /// They are made from a component that comes whole, and are at most so many.
    case made(from: Int, maximumByteCount: Int, make: @Sendable ([UInt8]) -> [UInt8])
  }

  package var name: String
  package var elementType: ElementType
  /// Outermost dimension first; of an array that is made, only its number of dimensions, one, counts.
  package var shape: [Int]
  package var content: Content

  package init(_ name: String, _ elementType: ElementType, _ shape: [Int], _ content: Content) {
    self.name = name
    self.elementType = elementType
    self.shape = shape
    self.content = content
  }

  /// Whether its size is known only when its bytes are.
  var isMade: Bool {
    if case .made = content { true } else { false }
  }

  /// The most bytes that it takes.
  var byteCount: Int {
    if case .made(_, let maximum, _) = content { return maximum }
    return shape.reduce(1, *) * elementType.bitWidth / 8
  }
}
