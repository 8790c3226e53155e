// SPDX-License-Identifier: Apache-2.0

import CKernels
import Tensors

extension ComponentStore {
  /// Evaluates (code − zero) × scale for codes of a byte, or of half a byte with the low half first.
  ///
  /// - Returns: false, and nothing is stored, where `encoding` begins otherwise.
  /// - Throws: the store's error.
  func decodeGroups(
    _ encoding: Encoding, _ steps: [Encoding.Step], _ range: Range<Int>,
    into numbers: UnsafeMutablePointer<Float>, item: String
  ) throws -> Bool {
    let isNibbles = encoding.bits == 4 && encoding.order == .low
    let isBytes = encoding.bits == nil && elementType(of: encoding.component) == .u8
    guard isNibbles || isBytes, steps.count >= 2, steps[0].operation == .subtract,
      steps[1].operation == .multiply, let group = steps[1].block,
      range.lowerBound % group == 0, !isNibbles || range.lowerBound % 2 == 0,
      steps[0].block == nil || steps[0].block == group
    else { return false }
    let scales = try operands(steps[1], group, range, item: item)
    var zeros = try operands(steps[0], steps[0].block ?? .max, range, item: item)
    if steps[0].block == nil, let zero = zeros.first {
      zeros = [Float](repeating: zero, count: scales.count)
    }
    let bytes = isNibbles ? range.lowerBound / 2..<(range.upperBound + 1) / 2 : range
    try withBytes(of: encoding.component, in: bytes) { stored in
      let codes = stored.bindMemory(to: UInt8.self)
      guard isNibbles else {
        halftone_decode_groups(codes.baseAddress, range.count, group, scales, zeros, numbers)
        return
      }
      withUnsafeTemporaryAllocation(of: UInt8.self, capacity: range.count) { single in
        halftone_unpack_nibbles(codes.baseAddress, range.count, single.baseAddress)
        halftone_decode_groups(
          single.baseAddress, range.count, group, scales, zeros, numbers)
      }
    }
    return true
  }
}
