// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors

/// A block type of GGUF as a scheme: one component of whole blocks, row by row.
///
/// The bytes are those that `llama-quantize` gives without an importance matrix; see `formats/gguf.md`,
/// "Blocks as they are made".
package struct GGUFBlockScheme: Scheme {
  package let type: GGUFType
  private let kernel: GGUFEncoderKernel
  private let onePass: GGUFQuantizerKernel?

  /// The scheme of a type, or nil where its numbers stand plainly or it is only read.
  package init?(_ type: GGUFType) {
    guard case .blocks(let block) = type.storage,
      let kernel = block.encoder(in: Kernels.active.blockEncoders)
    else { return nil }
    self.type = type
    self.kernel = kernel
    onePass = block.quantizer(in: Kernels.active.blockEncoders)
  }

  package var name: String { type.name }

  /// - Throws: ``QuantizationError/rowLength(tensor:scheme:shape:multipleOf:)`` where rows are not
  ///   whole blocks.
  package func layout(for tensor: TensorDescription) throws -> TensorLayout {
    guard tensor.elementType.isQuantizable else {
      throw QuantizationError.unsupportedElementType(
        tensor: tensor.name, type: tensor.elementType)
    }
    let columns = tensor.columnCount
    guard columns % type.weightCount == 0 else {
      throw QuantizationError.rowLength(
        tensor: tensor.name, scheme: name, shape: tensor.shape, multipleOf: type.weightCount)
    }
    let slab = BlockGeometry.slabWeightGoal
    return TensorLayout(
      slabWeightCount: slab, stripWeightCount: BlockGeometry.stripWeightGoal,
      components: [
        .init(
          Self.role, .u8, tensor.shape.dropLast() + [byteCount(of: columns)],
          .perSlab(byteCount: byteCount(of: slab)))
      ],
      encoding: Encoding(component: 0))
  }

  /// The type of smaller blocks that llama-quantize takes, or F16, where rows are not whole blocks.
  package func standIn(
    for tensor: TensorDescription
  ) throws -> (scheme: any Scheme, reason: String)? {
    let fitting = type.fitting(columns: tensor.columnCount)
    guard fitting != type else { return nil }
    let scheme: any Scheme =
      if let blocks = GGUFBlockScheme(fitting) { blocks } else {
        try Schemes.scheme(named: fitting.name)
      }
    return (scheme, "rows of \(tensor.columnCount) are no \(Self.wholeBlocks) \(type.name)")
  }

  /// What reasons say of rows that stand-ins are taken for.
  static let wholeBlocks = "whole blocks of"

  package func makeEncoder(
    for tensor: TensorDescription, layout: TensorLayout
  ) -> any TensorEncoder {
    GGUFBlockEncoder(type: type, kernel: kernel, onePass: onePass)
  }

  /// What the component is called.
  package static let role = "blocks"

  private func byteCount(of weights: Int) -> Int { weights / type.weightCount * type.byteCount }
}
