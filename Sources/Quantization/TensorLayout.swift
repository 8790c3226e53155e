// SPDX-License-Identifier: Apache-2.0

import Tensors

/// What is stored for one tensor and how it is read back, before a byte of it exists.
package struct TensorLayout: Sendable {
  /// Weights per slab, the unit in which the tensor is read, encoded and written.
  package var slabWeightCount: Int
  /// Weights that an encoder may be given at a time: whole blocks, after which every component has a
  /// whole number of bytes.
  package var stripWeightCount: Int
  /// The stored arrays.
  ///
  /// ``encoding`` refers to them by their position here.
  package var components: [Component]
  /// How the components become weights again.
  package var encoding: Encoding

  /// One stored array of a tensor.
  package struct Component: Sendable {
    /// What it is in a word, for people: `codes`, `scales`.
    package var role: String
    package var elementType: ElementType
    package var shape: [Int]
    package var content: Content
  }

  /// When the bytes of a component come to be.
  package enum Content: Sendable {
    /// Each full slab gives that many bytes, the last one what remains.
    case perSlab(byteCount: Int)
    /// All bytes are there once every slab has been scanned.
    case afterScan
    /// The same bytes for every tensor: a codebook, a constant.
    case constant([UInt8])
  }

  package init(
    slabWeightCount: Int, stripWeightCount: Int, components: [Component], encoding: Encoding
  ) {
    self.slabWeightCount = slabWeightCount
    self.stripWeightCount = stripWeightCount
    self.components = components
    self.encoding = encoding
  }

  /// Whether some bytes are known only when every slab has been scanned.
  package var needsScan: Bool {
    components.contains { component in
      if case .afterScan = component.content { return true }
      return false
    }
  }

  /// The bytes of all components of a tensor, constants left out since tensors share them.
  package var storedByteCount: Int {
    components.reduce(0) { sum, component in
      if case .constant = component.content { return sum }
      return sum + component.byteCount
    }
  }
}

extension TensorLayout {
  /// What is stored for a tensor whose numbers stand as they are.
  ///
  /// Types of less than a byte come in whole slabs too, for a slab is a multiple of 8 weights.
  package static func plain(_ tensor: TensorDescription) -> TensorLayout {
    let slab = BlockGeometry.slabWeightGoal
    return TensorLayout(
      slabWeightCount: slab, stripWeightCount: BlockGeometry.stripWeightGoal,
      components: [
        .init(
          "values", tensor.elementType, tensor.shape,
          .perSlab(byteCount: slab * tensor.elementType.bitWidth / 8))
      ],
      encoding: Encoding(component: 0))
  }
}

extension TensorLayout.Component {
  package init(
    _ role: String, _ elementType: ElementType, _ shape: [Int], _ content: TensorLayout.Content
  ) {
    self.init(role: role, elementType: elementType, shape: shape, content: content)
  }

  /// A component that is the same few fp32 numbers for every tensor.
  package static func constant(_ role: String, _ values: [Float]) -> Self {
    Self(
      role, .f32, [values.count],
      .constant(
        values.flatMap { value in (0..<4).map { UInt8(value.bitPattern >> ($0 * 8) & 255) } }))
  }

  /// The size in bytes.
  package var byteCount: Int { shape.reduce(1, *) * elementType.bitWidth / 8 }
}
