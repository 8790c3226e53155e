// SPDX-License-Identifier: Apache-2.0

/// The weights of a stored tensor, from its bytes: whole blocks, of which any run can be read.
struct GGUFWeights {
  let bytes: UnsafeRawBufferPointer
  let type: GGUFType

  /// The largest block; what a run only touches is decoded beside it first.
  private static let largestBlock = 256

  /// Reads a run of weights.
  ///
  /// - Parameters:
  ///   - weights: inside the tensor.
  ///   - target: as long as the run.
  func read(_ weights: Range<Int>, into target: UnsafeMutableBufferPointer<Float>) {
    let size = type.weightCount
    var next = weights.lowerBound
    var rest = target
    while next < weights.upperBound {
      let left = weights.upperBound - next
      if next % size == 0, left >= size {
        let count = left / size
        decode(block: next / size, count: count, into: rest)
        next += count * size
        rest = UnsafeMutableBufferPointer(rebasing: rest[(count * size)...])
      } else {
        let count = min(size - next % size, left)
        withUnsafeTemporaryAllocation(of: Float.self, capacity: Self.largestBlock) { block in
          decode(block: next / size, count: 1, into: block)
          for index in 0..<count { rest[index] = block[next % size + index] }
        }
        next += count
        rest = UnsafeMutableBufferPointer(rebasing: rest[count...])
      }
    }
  }

  /// Reads a run of the transposed matrix: `inputs` rows of `outputs` numbers, where the tensor has a
  /// row for each output.
  func readTransposed(
    _ weights: Range<Int>, inputs: Int, outputs: Int,
    into target: UnsafeMutableBufferPointer<Float>
  ) {
    guard !weights.isEmpty else { return }
    // Of each stored row only the columns that the run touches are decoded.
    let columns = weights.lowerBound / outputs..<(weights.upperBound - 1) / outputs + 1
    withUnsafeTemporaryAllocation(of: Float.self, capacity: columns.count) { row in
      for output in 0..<outputs {
        let start = output * inputs
        read(start + columns.lowerBound..<start + columns.upperBound, into: row)
        for column in columns {
          let element = column * outputs + output
          guard weights.contains(element) else { continue }
          target[element - weights.lowerBound] = row[column - columns.lowerBound]
        }
      }
    }
  }

  private func decode(
    block: Int, count: Int, into target: UnsafeMutableBufferPointer<Float>
  ) {
    let range = block * type.byteCount..<(block + count) * type.byteCount
    type.decode(UnsafeRawBufferPointer(rebasing: bytes[range]), count: count, into: target)
  }
}
