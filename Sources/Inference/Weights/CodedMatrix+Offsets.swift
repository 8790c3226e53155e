// SPDX-License-Identifier: Apache-2.0

/// What the offsets of blocks add to a product: for every block its offset times the sum of the
/// activations that it meets. The kernels add up the rest.
///
/// The error is at most (columns / 8 + 64) u times the sum of (|code * scale| + |offset|) * |x|.
extension CodedMatrix {
  /// The sums of the activations that each block meets.
  ///
  /// - Parameters:
  ///   - x: `states` rows of `columnCount`.
  ///   - sums: receives as many rows of ``blocksPerRow``.
  func sumBlocks(
    of x: UnsafePointer<Float>, states: Int, into sums: UnsafeMutablePointer<Float>
  ) {
    for index in 0..<states * blocksPerRow {
      sums[index] = Self.sum(of: x + index * block, count: block)
    }
  }

  /// Adds what the offsets of some rows give to products.
  ///
  /// - Parameters:
  ///   - sums: of ``sumBlocks(of:states:into:)``.
  ///   - out: the products, rows of `rows.count`, `stride` apart.
  func addOffsets(
    of rows: Range<Int>, blockSums sums: UnsafePointer<Float>, states: Int,
    to out: UnsafeMutablePointer<Float>, stride: Int
  ) {
    let (width, blocks) = (blocksPerRow, blocks(of: rows))
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * max(1, blocks.count)) { room in
      guard let numbers = room.baseAddress else { return }
      if let offsets {
        offsets.read(blocks, into: numbers)
      } else {
        numbers.update(repeating: 0, count: blocks.count)
      }
      if kind == .unsignedBytes, let scales {
        let scale = numbers + blocks.count
        scales.read(blocks, into: scale)
        for index in 0..<blocks.count { numbers[index] += 128 * scale[index] }
      }
      for row in 0..<rows.count {
        for state in 0..<states {
          out[state * stride + row] += Self.dot(
            numbers + row * width, sums + state * width, count: width)
        }
      }
    }
  }

  private typealias Lanes = SIMD8<Float>

  private static func lanes(_ x: UnsafePointer<Float>) -> Lanes {
    UnsafeRawPointer(x).loadUnaligned(as: Lanes.self)
  }

  private static func sum(of x: UnsafePointer<Float>, count: Int) -> Float {
    var total = Lanes.zero
    var index = 0
    while index + 8 <= count {
      total += lanes(x + index)
      index += 8
    }
    var sum = total.sum()
    while index < count {
      sum += x[index]
      index += 1
    }
    return sum
  }

  private static func dot(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, count: Int) -> Float
  {
    var total = Lanes.zero
    var index = 0
    while index + 8 <= count {
      total += lanes(a + index) * lanes(b + index)
      index += 8
    }
    var sum = total.sum()
    while index < count {
      sum += a[index] * b[index]
      index += 1
    }
    return sum
  }
}
