// SPDX-License-Identifier: Apache-2.0

import CKernels
import Tensors

extension ComponentStore {
  /// Does the stored numbers and the first steps in one go, where they are those of a floating-point
  /// grid: E4M3 codes and their scales, or nibbles in the order `low`, their codebook and their scales.
  ///
  /// - Returns: how many steps are done; nil where the encoding is of another kind.
  func decodeGrid(
    _ encoding: Encoding, _ range: Range<Int>, into numbers: UnsafeMutablePointer<Float>,
    item: String
  ) throws -> Int? {
    let steps = encoding.steps ?? []
    let grids = Kernels.active.grids
    let isE4M3 = encoding.bits == nil && elementType(of: encoding.component) == .f8e4m3
    let scaling = isE4M3 ? 0 : 1
    guard isE4M3 || encoding.bits == 4 && encoding.order == .low, steps.count > scaling,
      steps[scaling].operation == .multiply, let block = steps[scaling].block,
      range.lowerBound % block == 0
    else { return nil }
    if isE4M3 {
      let scales = try operands(steps[0], block, range, item: item)
      try withBytes(of: encoding.component, in: range) { codes in
        grids.decode_e4m3(
          codes.bindMemory(to: UInt8.self).baseAddress, range.count, block, scales, numbers)
      }
      return 1
    }
    guard steps[0].operation == .lookup, steps[0].block == nil, range.lowerBound % 2 == 0,
      elementCount(of: steps[0].operand.component) == 16
    else { return nil }
    let table = try decoded(steps[0].operand, 0..<16, item: item)
    let scales = try operands(steps[1], block, range, item: item)
    let bytes = range.lowerBound / 2..<(range.upperBound + 1) / 2
    try withBytes(of: encoding.component, in: bytes) { codes in
      grids.decode_lookup4_low(
        codes.bindMemory(to: UInt8.self).baseAddress, range.count, block, table, scales, numbers)
    }
    return 2
  }
}
