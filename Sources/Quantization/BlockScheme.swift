// SPDX-License-Identifier: Apache-2.0

import Tensors

/// A block codec as a scheme: what it stores for a tensor, once or twice quantized.
package struct BlockScheme<Codec: BlockCodec>: Scheme {
  /// The longest row that a scheme per row takes; its buffers are that long.
  static var longestRow: Int { 1 << 20 }
  /// Weights per block where the user does not say.
  static var defaultBlockSize: Int { 64 }

  let codec: Codec
  let options: SchemeOptions

  /// - Throws: ``QuantizationError`` where an option does not go with the codec.
  init(codec: Codec, options: SchemeOptions) throws {
    if let size = options.blockSize {
      if Codec.blocksAreRows { throw QuantizationError.noBlocks(scheme: Codec.name) }
      guard BlockGeometry.permittedSizes.contains(size) else {
        throw QuantizationError.blockSize(size)
      }
    }
    if options.doubleQuantization && !Codec.scalesAreAbsoluteMaxima {
      throw QuantizationError.noDoubleQuantization(scheme: Codec.name)
    }
    self.codec = codec
    self.options = options
  }

  package var name: String { Codec.name + (options.doubleQuantization ? "+dq" : "") }

  /// How the weights of one tensor fall into blocks.
  func geometry(for tensor: TensorDescription) throws -> BlockGeometry {
    guard tensor.elementType.isQuantizable else {
      throw QuantizationError.unsupportedElementType(
        tensor: tensor.name, type: tensor.elementType)
    }
    if Codec.blocksAreRows, tensor.shape.count < 2 || tensor.columnCount > Self.longestRow {
      throw QuantizationError.noRows(
        tensor: tensor.name, shape: tensor.shape, longestRow: Self.longestRow)
    }
    return blocks(of: tensor)
  }

  /// The same for a tensor that the scheme is known to hold.
  private func blocks(of tensor: TensorDescription) -> BlockGeometry {
    BlockGeometry(
      weightCount: Codec.blocksAreRows
        ? tensor.columnCount : options.blockSize ?? Self.defaultBlockSize,
      codeBits: Codec.codeBits)
  }

  package func layout(for tensor: TensorDescription) throws -> TensorLayout {
    let geometry = try geometry(for: tensor)
    let slab = geometry.slabWeightCount
    let blocks = geometry.blockCount(of: tensor.elementCount)
    let blocksPerSlab = geometry.blockCount(of: slab)
    let codesShape =
      Codec.codeBits == 8 ? tensor.shape : [geometry.codeByteCount(of: tensor.elementCount)]

    typealias Component = TensorLayout.Component
    var components = [
      Component(
        "codes", Codec.codeType, codesShape,
        .perSlab(byteCount: geometry.codeByteCount(of: slab)))
    ]
    var zeros: Encoding?
    let scales: Encoding
    if options.doubleQuantization {
      let nested = DoubleQuantization.layout(blockCount: blocks, firstComponent: components.count)
      components += nested.components
      scales = nested.encoding
    } else {
      scales = Encoding(component: components.count)
      components.append(Component("scales", .f32, [blocks], .perSlab(byteCount: 4 * blocksPerSlab)))
    }
    if Codec.hasZeros {
      zeros = Encoding(component: components.count, bits: 4, order: .high)
      components.append(
        Component("zeros", .u8, [(blocks + 1) / 2], .perSlab(byteCount: blocksPerSlab / 2)))
    }
    let constants = Array(components.count..<components.count + Codec.constants.count)
    components += Codec.constants
    return TensorLayout(
      slabWeightCount: slab, stripWeightCount: geometry.stripWeightCount, components: components,
      encoding: Encoding(
        component: 0, bits: Codec.codeBits == 4 ? 4 : nil,
        order: Codec.codeBits == 4 ? .high : nil,
        steps: Codec.steps(
          scales: scales, zeros: zeros, constants: constants, block: geometry.weightCount)))
  }

  package func makeEncoder(
    for tensor: TensorDescription, layout: TensorLayout
  ) -> any TensorEncoder {
    BlockEncoder(
      codec: codec, geometry: blocks(of: tensor),
      elementCount: tensor.elementCount, quantizesScales: options.doubleQuantization)
  }
}
