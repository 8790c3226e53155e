// SPDX-License-Identifier: Apache-2.0

import Tensors

extension StoredTensor {
  /// How the components are copied: the layout that an encoder of the same scheme would give.
  ///
  /// What holds a number for every weight, or for every block of them, comes slab by slab; what is
  /// left of the tensor's own (scales that are quantized themselves) comes whole, and constants are
  /// those of every tensor.
  /// - Throws: ``QuantizationError/components(tensor:problem:)`` where a component holds more or fewer
  ///   numbers than the tensor needs.
  package func layout(of tensor: TensorDescription) throws -> TensorLayout {
    let units = weightsPerNumber
    let unit = units.values.reduce(8) { leastCommonMultiple($0, 2 * $1) }
    func rounded(_ goal: Int) -> Int { max(unit, goal / unit * unit) }
    let slab = rounded(BlockGeometry.slabWeightGoal)
    let own = encoding.ownComponents
    return TensorLayout(
      slabWeightCount: slab, stripWeightCount: rounded(BlockGeometry.stripWeightGoal),
      components: try components.enumerated().map { position, component in
        let content: TensorLayout.Content
        if let block = units[position] {
          let bits = bitWidth(of: position)
          let count = tensor.elementCount / block + (tensor.elementCount % block == 0 ? 0 : 1)
          guard component.byteCount == (count * bits + 7) / 8 else {
            throw QuantizationError.components(
              tensor: tensor.name,
              problem: "\(component.role) has \(component.byteCount) bytes, not "
                + "\((count * bits + 7) / 8)")
          }
          content = .perSlab(byteCount: slab / block * bits / 8)
        } else if own.contains(position) {
          content = .afterScan
        } else {
          content = .constant(try bytes(of: position))
        }
        return .init(component.role, component.elementType, component.shape, content)
      },
      encoding: encoding)
  }

  /// The components, by position, that hold a number for every weight or for every block of them, each
  /// with the weights that share a number.
  ///
  /// These come slab by slab; slabs of whole pairs of blocks are whole bytes.
  var weightsPerNumber: [Int: Int] {
    var units = [encoding.component: 1]
    for step in encoding.steps ?? [] {
      let operand = step.operand
      guard let block = step.block, block > 0, block <= Self.longestBlock,
        step.operation != .lookup,
        (operand.steps ?? []).allSatisfy({ $0.block == nil }), units[operand.component] == nil
      else { continue }
      units[operand.component] = block
    }
    return units
  }

  /// The bits of one number of a component that comes slab by slab.
  func bitWidth(of position: Int) -> Int {
    if position == encoding.component, let bits = encoding.bits { return bits }
    let operand = (encoding.steps ?? []).first { $0.operand.component == position }?.operand
    return operand?.bits ?? components[position].elementType.bitWidth
  }

  /// Operands of longer blocks come whole, for slabs should not grow with them.
  private static let longestBlock = 1 << 20
}

private func leastCommonMultiple(_ a: Int, _ b: Int) -> Int {
  var (x, y) = (a, b)
  while y != 0 { (x, y) = (y, x % y) }
  return a / x * b
}
