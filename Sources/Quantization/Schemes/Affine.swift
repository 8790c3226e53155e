// SPDX-License-Identifier: Apache-2.0

import Tensors

/// MLX's groups: weight = code × scale + bias, scale and bias in the type of the weights.
///
/// A group is a run of a row, so that rows must be whole groups. `formats/encodings.md`, "affine".
package struct Affine: Scheme {
  /// The widths of a code that there are, in bits.
  package static let permittedBits = [2, 3, 4, 5, 6, 8]
  /// The group sizes that there are, in weights.
  package static let permittedGroups = [32, 64, 128]
  /// Weights per group where the user does not say.
  package static let defaultGroup = 64

  let bits: Int
  let group: Int

  /// - Parameter bits: one of ``permittedBits``.
  /// - Throws: ``QuantizationError`` where an option does not go with the scheme.
  init(bits: Int, options: SchemeOptions) throws {
    let name = Self.name(bits: bits)
    if options.doubleQuantization { throw QuantizationError.noDoubleQuantization(scheme: name) }
    let group = options.blockSize ?? Self.defaultGroup
    guard Self.permittedGroups.contains(group) else {
      throw QuantizationError.groupSize(
        scheme: name, size: group, permitted: Self.permittedGroups)
    }
    self.bits = bits
    self.group = group
  }

  /// The name of the scheme with codes of so many bits.
  package static func name(bits: Int) -> String { "affine\(bits)" }

  package var name: String { Self.name(bits: bits) }

  package func layout(for tensor: TensorDescription) throws -> TensorLayout {
    guard tensor.elementType.isQuantizable else {
      throw QuantizationError.unsupportedElementType(tensor: tensor.name, type: tensor.elementType)
    }
    guard !tensor.shape.isEmpty, tensor.columnCount % group == 0 else {
      throw QuantizationError.rowLength(
        tensor: tensor.name, scheme: name, shape: tensor.shape, multipleOf: group)
    }
    let slab = BlockGeometry.slabWeightGoal
    let groups = tensor.elementCount / group
    let width = tensor.elementType.bitWidth / 8
    let steps = TensorLayout.Content.perSlab(byteCount: slab / group * width)
    return TensorLayout(
      slabWeightCount: slab, stripWeightCount: BlockGeometry.stripWeightGoal,
      components: [
        .init(
          "codes", .u8, bits == 8 ? tensor.shape : [tensor.elementCount * bits / 8],
          .perSlab(byteCount: slab * bits / 8)),
        .init("scales", tensor.elementType, [groups], steps),
        .init("biases", tensor.elementType, [groups], steps),
      ],
      encoding: Self.encoding(bits: bits, group: group))
  }

  /// How codes (component 0), scales (1) and biases (2) become weights.
  package static func encoding(bits: Int, group: Int) -> Encoding {
    Encoding(
      component: 0, bits: bits == 8 ? nil : bits, order: bits == 8 ? nil : .low,
      steps: [
        .init(.multiply, Encoding(component: 1), block: group),
        .init(.add, Encoding(component: 2), block: group),
      ])
  }

  package func makeEncoder(
    for tensor: TensorDescription, layout: TensorLayout
  ) -> any TensorEncoder {
    AffineEncoder(bits: bits, group: group)
  }
}
