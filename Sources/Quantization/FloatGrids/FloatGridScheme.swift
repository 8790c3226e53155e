// SPDX-License-Identifier: Apache-2.0

import Tensors

/// A grid of floating-point codes as a scheme: what it stores for a tensor.
package struct FloatGridScheme<Grid: FloatGrid>: Scheme {
  /// The longest row that a scheme per row takes; its buffers are that long.
  private static var longestRow: Int { 1 << 20 }

  let grid: Grid

  /// - Throws: ``QuantizationError`` where an option is given, for the grids have none.
  package init(_ grid: Grid, options: SchemeOptions = .init()) throws {
    if options.blockSize != nil || options.blocksAreRows {
      throw Grid.blockSize.map { QuantizationError.fixedBlocks(scheme: Grid.name, size: $0) }
        ?? .noBlocks(scheme: Grid.name)
    }
    if options.doubleQuantization {
      throw QuantizationError.noDoubleQuantization(scheme: Grid.name)
    }
    self.grid = grid
  }

  package var name: String { Grid.name }

  private func geometry(of tensor: TensorDescription) -> BlockGeometry {
    BlockGeometry(weightCount: Grid.blockSize ?? tensor.columnCount, codeBits: Grid.codeBits)
  }

  package func layout(for tensor: TensorDescription) throws -> TensorLayout {
    guard tensor.elementType.isQuantizable else {
      throw QuantizationError.unsupportedElementType(
        tensor: tensor.name, type: tensor.elementType)
    }
    if let size = Grid.blockSize {
      guard tensor.columnCount % size == 0 else {
        throw QuantizationError.rowLength(
          tensor: tensor.name, scheme: name, shape: tensor.shape, multipleOf: size)
      }
    } else if tensor.shape.count < 2 || tensor.columnCount > Self.longestRow {
      throw QuantizationError.noRows(
        tensor: tensor.name, shape: tensor.shape, longestRow: Self.longestRow)
    }
    let geometry = geometry(of: tensor)
    let slab = geometry.slabWeightCount
    let scaleType = grid.scaleType(for: tensor.elementType)
    let isE4M3 = Grid.codeBits == 8
    let codesShape =
      isE4M3 ? tensor.shape : [geometry.codeByteCount(of: tensor.elementCount)]
    var components: [TensorLayout.Component] = [
      .init(
        "codes", isE4M3 ? .f8e4m3 : .u8, codesShape,
        .perSlab(byteCount: geometry.codeByteCount(of: slab))),
      .init(
        "scales", scaleType, [geometry.blockCount(of: tensor.elementCount)],
        .perSlab(byteCount: geometry.blockCount(of: slab) * scaleType.bitWidth / 8)),
    ]
    if Grid.hasTensorScale { components.append(.init("tensor_scale", .f32, [1], .afterScan)) }
    var steps: [Encoding.Step] = [
      .init(
        .multiply, grid.operand(scales: 1, tensorScale: Grid.hasTensorScale ? 2 : nil),
        block: geometry.weightCount)
    ]
    if !isE4M3 {
      steps.insert(.init(.lookup, Encoding(component: components.count)), at: 0)
      components.append(.constant("codebook", Codebook.e2m1))
    }
    return TensorLayout(
      slabWeightCount: slab, stripWeightCount: geometry.stripWeightCount, components: components,
      encoding: Encoding(
        component: 0, bits: isE4M3 ? nil : 4, order: isE4M3 ? nil : .low, steps: steps))
  }

  package func makeEncoder(
    for tensor: TensorDescription, layout: TensorLayout
  ) -> any TensorEncoder {
    FloatGridEncoder(grid: grid, geometry: geometry(of: tensor), weights: tensor.elementType)
  }
}
