// SPDX-License-Identifier: Apache-2.0

import Tensors

/// Unsigned integers with a scale for each group of weights in a row, as compressed-tensors, GPTQ and
/// AWQ compute with: weight = (code − zero) × scale.
///
/// A group never straddles rows. The zero point is the middle of the codes (`w4a16`, `w8a16`) or one for
/// each group (`w4a16-asym`). `formats/encodings.md`, "w4a16".
package struct IntegerGroups: Scheme {
  /// The kinds that have a name.
  enum Kind: String {
    case fourBit = "w4a16"
    case eightBit = "w8a16"
    case fourBitWithZeros = "w4a16-asym"

    /// Bits per code.
    var bits: Int { self == .eightBit ? 8 : 4 }
    var hasZeros: Bool { self == .fourBitWithZeros }
    /// The code of weight 0 where groups have no zero point of their own.
    var middle: Float { self == .eightBit ? 128 : 8 }
    /// The largest code.
    var largest: Float { self == .eightBit ? 255 : 15 }
  }

  /// Weights per group that a user may ask for: those for which runtimes have kernels.
  package static let permittedSizes = [32, 64, 128]
  /// Weights per group where the user does not say, as the runtimes' own presets have it.
  static let defaultSize = 128
  /// The longest group, a row.
  static let longestRow = 1 << 20

  let kind: Kind
  /// Weights per group; nil: a row.
  let groupSize: Int?
  /// What scales are stored in; nil: BF16 for BF16 weights, else F16.
  private(set) var scaleType: ElementType?

  /// - Throws: ``QuantizationError`` where an option does not go with the scheme.
  init(_ kind: Kind, options: SchemeOptions) throws {
    if options.doubleQuantization {
      throw QuantizationError.noDoubleQuantization(scheme: kind.rawValue)
    }
    let size = options.blockSize ?? Self.defaultSize
    guard options.blocksAreRows || Self.permittedSizes.contains(size) else {
      throw QuantizationError.groupSize(
        scheme: kind.rawValue, size: size, permitted: Self.permittedSizes)
    }
    self.kind = kind
    groupSize = options.blocksAreRows ? nil : size
  }

  package var name: String { kind.rawValue }

  /// The same scheme with scales of another type, for a runtime that knows no other.
  package func storingScales(as type: ElementType) -> Self {
    var copy = self
    copy.scaleType = type
    return copy
  }

  /// Weights per group of one tensor.
  ///
  /// - Throws: ``QuantizationError`` where the scheme can't hold it.
  private func groupSize(of tensor: TensorDescription) throws -> Int {
    guard tensor.elementType.isQuantizable else {
      throw QuantizationError.unsupportedElementType(
        tensor: tensor.name, type: tensor.elementType)
    }
    let columns = tensor.columnCount
    guard tensor.shape.count >= 2, groupSize != nil || columns <= Self.longestRow else {
      throw QuantizationError.noRows(
        tensor: tensor.name, shape: tensor.shape, longestRow: Self.longestRow)
    }
    // Runtimes take the codes of a row in whole words.
    let size = groupSize ?? columns
    guard columns % size == 0, columns * kind.bits % 32 == 0 else {
      throw QuantizationError.rowLength(
        tensor: tensor.name, scheme: name, shape: tensor.shape,
        multipleOf: groupSize ?? 32 / kind.bits)
    }
    return size
  }

  package func layout(for tensor: TensorDescription) throws -> TensorLayout {
    let group = try groupSize(of: tensor)
    let geometry = BlockGeometry(weightCount: group, codeBits: kind.bits)
    let slab = geometry.slabWeightCount
    let groups = tensor.elementCount / group
    let type = scaleType ?? Self.scaleType(for: tensor.elementType)
    var components: [TensorLayout.Component] = [
      .init(
        "codes", .u8, kind.bits == 8 ? tensor.shape : [tensor.elementCount / 2],
        .perSlab(byteCount: geometry.codeByteCount(of: slab))),
      .init("scales", type, [groups], .perSlab(byteCount: 2 * slab / group)),
    ]
    let zeros: Encoding.Step
    if kind.hasZeros {
      components.append(
        .init("zeros", .u8, [(groups + 1) / 2], .perSlab(byteCount: slab / group / 2)))
      zeros = .init(.subtract, Encoding(component: 2, bits: 4, order: .low), block: group)
    } else {
      components.append(.constant("zero", [kind.middle]))
      zeros = .init(.subtract, Encoding(component: 2))
    }
    return TensorLayout(
      slabWeightCount: slab, stripWeightCount: geometry.stripWeightCount, components: components,
      encoding: Encoding(
        component: 0, bits: kind.bits == 8 ? nil : 4, order: kind.bits == 8 ? nil : .low,
        steps: [zeros, .init(.multiply, Encoding(component: 1), block: group)]))
  }

  package func makeEncoder(
    for tensor: TensorDescription, layout: TensorLayout
  ) -> any TensorEncoder {
    IntegerGroupEncoder(
      kind: kind, groupSize: groupSize ?? tensor.columnCount,
      scaleType: layout.components[1].elementType)
  }

  /// What the runtimes store scales in: the type in which the model computes.
  static func scaleType(for type: ElementType) -> ElementType { type == .bf16 ? .bf16 : .f16 }
}
