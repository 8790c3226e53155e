// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors

/// One array of a safetensors file in which a runtime looks for a part of a tensor.
package struct SafetensorsArray: Sendable {
  /// Where its bytes come from.
  package enum Content: Sendable {
    /// The component at a position of the tensor's layout.
    case component(Int)
    /// They are known.
    case bytes([UInt8])
    /// They are known, and computed when they are written.
    case computed(@Sendable () -> [UInt8])
    /// Those of a component in another order.
    case arranged(from: Int, any FrameArrangement)
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

  /// Whether its bytes do not depend on the tensor's weights.
  var isKnown: Bool {
    switch content {
    case .bytes, .computed: true
    default: false
    }
  }

  /// Its bytes where they do not depend on the tensor's weights.
  var knownBytes: [UInt8]? {
    switch content {
    case .bytes(let bytes): bytes
    case .computed(let make): make()
    default: nil
    }
  }

  /// The most bytes that it takes.
  var byteCount: Int {
    if case .made(_, let maximum, _) = content { return maximum }
    return shape.reduce(1, *) * elementType.bitWidth / 8
  }
}

/// How the bytes of a component that come slab by slab stand in a file otherwise than one behind the other.
package protocol FrameArrangement: Sendable {
  /// Arranges one slab's bytes.
  ///
  /// - Parameters:
  ///   - frame: the component's bytes from `offset` on.
  ///   - write: writes a run of bytes at an offset in the array. All slabs together write each byte once.
  /// - Throws: what `write` throws.
  func arrange(
    _ frame: UnsafeRawBufferPointer, at offset: Int,
    write: (UnsafeRawBufferPointer, Int) throws -> Void
  ) throws
}

extension SafetensorsArray {
  /// A tensor whose numbers stand as they are.
  static func plain(_ record: TensorRecord) -> Self {
    SafetensorsArray(
      record.tensor.name, record.plainType ?? record.tensor.elementType, record.tensor.shape,
      .component(0))
  }
}
