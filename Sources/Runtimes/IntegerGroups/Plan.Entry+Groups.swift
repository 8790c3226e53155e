// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors

extension Plan.Entry {
  /// The entry with scales of a type, where its scheme can choose.
  ///
  /// - Throws: `QuantizationError` where the scheme can't hold the tensor.
  func storingScales(as type: ElementType) throws -> Self {
    guard let scheme = scheme as? IntegerGroups else { return self }
    let changed = scheme.storingScales(as: type)
    return with(scheme: changed, layout: try changed.layout(for: tensor))
  }

  /// The entry cut into slabs of whole rows, so that a sink can store it transposed.
  ///
  /// - Parameter multiple: the number of rows of a slab is a multiple of it.
  func inSlabsOfRows(multipleOf multiple: Int) -> Self {
    guard let layout else { return self }
    // Runs of a column are as long as a slab has rows, so slabs are larger than elsewhere.
    let goal = 8 * BlockGeometry.slabWeightGoal
    let columns = max(1, tensor.columnCount)
    let rows = max(multiple, goal / columns / multiple * multiple)
    return with(scheme: scheme, layout: layout.inSlabs(of: rows * columns))
  }
}

extension TensorLayout {
  /// The same bytes in other slabs, of which every component has a whole number of bytes.
  fileprivate func inSlabs(of weightCount: Int) -> TensorLayout {
    var copy = self
    copy.slabWeightCount = weightCount
    for (position, component) in components.enumerated() {
      guard case .perSlab(let byteCount) = component.content else { continue }
      // What a slab has of a component is in proportion to its weights.
      copy.components[position].content = .perSlab(
        byteCount: byteCount * weightCount / slabWeightCount)
    }
    return copy
  }
}
