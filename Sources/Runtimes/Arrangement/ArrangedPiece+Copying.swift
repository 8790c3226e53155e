// SPDX-License-Identifier: Apache-2.0

extension ArrangedPiece {
  /// Rows of the tensor that are transposed together, so that a cache line of them serves them all.
  private static let transposedRows = 64

  /// Copies weights in the piece's order.
  ///
  /// - Parameters:
  ///   - elements: weights of the piece.
  ///   - elementWidth: the bytes of one: 1, 2, 4 or 8.
  ///   - bytes: the tensor's, from weight `origin` on.
  ///   - target: room for the weights.
  func copy(
    _ elements: Range<Int>, elementWidth: Int, from bytes: UnsafeRawBufferPointer, at origin: Int,
    into target: UnsafeMutableRawBufferPointer
  ) {
    if isTransposed {
      switch elementWidth {
      case 1: transpose(elements, of: UInt8.self, from: bytes, at: origin, into: target)
      case 2: transpose(elements, of: UInt16.self, from: bytes, at: origin, into: target)
      case 4: transpose(elements, of: UInt32.self, from: bytes, at: origin, into: target)
      default: transpose(elements, of: UInt64.self, from: bytes, at: origin, into: target)
      }
      return
    }
    var next = 0
    forEachRun(of: elements) { stored, count in
      let start = (stored - origin) * elementWidth
      let size = count * elementWidth
      UnsafeMutableRawBufferPointer(rebasing: target[next..<next + size]).copyMemory(
        from: UnsafeRawBufferPointer(rebasing: bytes[start..<start + size]))
      next += size
    }
  }

  private func transpose<Element: FixedWidthInteger & BitwiseCopyable>(
    _ elements: Range<Int>, of type: Element.Type, from bytes: UnsafeRawBufferPointer,
    at origin: Int, into target: UnsafeMutableRawBufferPointer
  ) {
    var columns: [(first: Int, places: Range<Int>, target: Int)] = []
    var next = 0
    forEachColumn(of: elements) { first, places in
      columns.append((first - origin, places, next - places.lowerBound))
      next += places.count
    }
    let lower = columns.map(\.places.lowerBound).min() ?? 0
    let upper = columns.map(\.places.upperBound).max() ?? 0
    let size = MemoryLayout<Element>.size
    for start in Swift.stride(from: lower, to: upper, by: Self.transposedRows) {
      let strip = start..<min(start + Self.transposedRows, upper)
      for column in columns {
        for place in strip.clamped(to: column.places) {
          let element = bytes.loadUnaligned(
            fromByteOffset: (column.first + place * stride) * size, as: Element.self)
          target.storeBytes(of: element, toByteOffset: (column.target + place) * size, as: type)
        }
      }
    }
  }
}
