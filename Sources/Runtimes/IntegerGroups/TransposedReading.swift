// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Quantization
import Tensors

/// A matrix of elements of two or four bytes of which a file has the transpose, as a component.
struct TransposedArray: DerivedArray {
  let array: String
  let matrix: TransposedElements
  /// The bytes of an element.
  let width: Int

  func copy(
    _ range: Range<Int>, of model: SafetensorsModel, into bytes: UnsafeMutableRawBufferPointer
  ) throws {
    if width == 2 {
      try copy(range, of: model, into: bytes, as: UInt16.self)
    } else {
      try copy(range, of: model, into: bytes, as: UInt32.self)
    }
  }

  /// Elements that the range cuts are put together whole.
  private func copy<Element: FixedWidthInteger & BitwiseCopyable>(
    _ range: Range<Int>, of model: SafetensorsModel, into bytes: UnsafeMutableRawBufferPointer,
    as type: Element.Type
  ) throws {
    let elements = range.lowerBound / width..<(range.upperBound + width - 1) / width
    try model.withStoredBytes(of: array) { stored in
      withUnsafeTemporaryAllocation(of: Element.self, capacity: max(1, elements.count)) { whole in
        matrix.read(elements, from: stored, into: whole)
        let start = range.lowerBound - elements.lowerBound * width
        bytes.copyMemory(
          from: UnsafeRawBufferPointer(
            rebasing: UnsafeRawBufferPointer(whole)[start..<start + range.count]))
      }
    }
  }
}

/// Codes of four bits of which a file has words of eight rows in AWQ's order, transposed: as rows with the
/// low half of a byte first.
struct InterleavedArray: DerivedArray {
  let array: String
  let rows: Int
  /// Even, so that a row is whole bytes.
  let columns: Int

  func copy(
    _ range: Range<Int>, of model: SafetensorsModel, into bytes: UnsafeMutableRawBufferPointer
  ) throws {
    try model.withStoredBytes(of: array) { stored in
      let width = columns / 2
      var row = range.lowerBound / width
      while row * width < range.upperBound {
        // The rows of one word, so that it is read while it is in the cache.
        let last = min((row / 8 + 1) * 8, (range.upperBound + width - 1) / width)
        for pair in 0..<width {
          func word(_ half: Int) -> UInt32 {
            UInt32(
              littleEndian: stored.loadUnaligned(
                fromByteOffset: 4 * ((2 * pair + half) * (rows / 8) + row / 8), as: UInt32.self))
          }
          let (low, high) = (word(0), word(1))
          for current in row..<last where range.contains(current * width + pair) {
            let shift = UInt32(4 * AWQOrder.lane(of: current % 8))
            bytes[current * width + pair - range.lowerBound] =
              UInt8(low >> shift & 15) | UInt8(high >> shift & 15) << 4
          }
        }
        row = last
      }
    }
  }
}
