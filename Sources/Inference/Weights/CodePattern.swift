// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors

/// An encoding that the kernels can multiply with: what its codes are and where its scales come from.
struct CodePattern {
  enum Kind {
    case lookup(table: Encoding)
    case affine(zeros: Encoding)
    /// `factor` holds one number with which all weights are multiplied besides.
    case bytes(factor: Encoding?)
  }

  let kind: Kind
  let scales: Encoding
  let block: Int
  /// Bits of a code.
  let bits: Int

  /// Nil where no kernel knows the encoding of a tensor.
  init?(_ stored: StoredTensor) {
    let encoding = stored.encoding
    let steps = encoding.steps ?? []
    let type = stored.components[encoding.component].elementType
    func operand(_ place: Int, _ operation: Encoding.Operation) -> Encoding? {
      steps.indices.contains(place) && steps[place].operation == operation
        ? steps[place].operand : nil
    }

    if encoding.bits == 4, encoding.order == .high, steps.count == 2,
      let scales = operand(1, .multiply), let block = steps[1].block, block > 0, block % 2 == 0
    {
      if let table = operand(0, .lookup), steps[0].block == nil,
        stored.components[table.component].shape == [16]
      {
        kind = .lookup(table: table)
      } else if let zeros = operand(0, .subtract), steps[0].block == block, zeros.bits == 4,
        (zeros.steps ?? []).isEmpty
      {
        kind = .affine(zeros: zeros)
      } else {
        return nil
      }
      (self.scales, self.block, bits) = (scales, block, 4)
    } else if encoding.bits == nil, type == .i8, steps.count == 1 || steps.count == 2,
      let scales = operand(0, .multiply), let block = steps[0].block, block > 0
    {
      let factor = operand(1, .multiply)
      if steps.count == 2, factor == nil || steps[1].block != nil { return nil }
      kind = .bytes(factor: factor)
      (self.scales, self.block, bits) = (scales, block, 8)
    } else {
      return nil
    }
  }
}
