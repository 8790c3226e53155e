// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Quantization
import Tensors

/// A matrix of elements of two or four bytes, of which a file has the transpose.
struct TransposedElements {
  /// Of the matrix as components have it, row by row.
  let rows: Int
  let columns: Int

  /// Writes whole rows, which begin with row `first`, as runs of the transpose's rows.
  ///
  /// - Parameter write: gets runs of bytes and their offsets in the transpose.
  func write<Element: FixedWidthInteger & BitwiseCopyable>(
    _ frame: UnsafeBufferPointer<Element>, first: Int,
    _ write: (UnsafeRawBufferPointer, Int) throws -> Void
  ) throws {
    let count = frame.count / columns
    let width = MemoryLayout<Element>.stride
    // As many columns at a time as one line of the cache holds of a row.
    let lanes = 64 / width
    try withUnsafeTemporaryAllocation(of: Element.self, capacity: lanes * count) { turned in
      for start in stride(from: 0, to: columns, by: lanes) {
        let taken = min(lanes, columns - start)
        for row in 0..<count {
          let source = row &* columns &+ start
          for lane in 0..<taken { turned[lane &* count &+ row] = frame[source &+ lane] }
        }
        for lane in 0..<taken {
          let run = UnsafeBufferPointer(rebasing: turned[lane * count..<(lane + 1) * count])
          try write(
            UnsafeRawBufferPointer(run), ((start + lane) * rows + first) * width)
        }
      }
    }
  }

  /// Puts the elements `range` of the matrix together from the transpose.
  func read<Element: FixedWidthInteger & BitwiseCopyable>(
    _ range: Range<Int>, from transpose: UnsafeRawBufferPointer,
    into elements: UnsafeMutableBufferPointer<Element>
  ) {
    let width = MemoryLayout<Element>.stride
    // Some rows at a time: their elements of one column are neighbours in the transpose.
    let lanes = 64 / width
    let last = range.upperBound == 0 ? 0 : (range.upperBound - 1) / columns
    var row = range.isEmpty ? last + 1 : range.lowerBound / columns
    while row <= last {
      let taken = min(lanes, last + 1 - row)
      for column in 0..<columns {
        for lane in 0..<taken {
          let index = (row &+ lane) &* columns &+ column
          guard range.contains(index) else { continue }
          elements[index &- range.lowerBound] = Element(
            littleEndian: transpose.loadUnaligned(
              fromByteOffset: (column &* rows &+ row &+ lane) &* width, as: Element.self))
        }
      }
      row += taken
    }
  }
}
