// SPDX-License-Identifier: Apache-2.0

import Checkpoints
import Tensors

/// Which weights of a matrix share a scale: rectangles of rows and columns, of which the last may be cut off.
struct ScaleGrid: Sendable, Equatable {
  let rows: Int
  let columns: Int
  /// Of one rectangle, at most the matrix' own.
  let blockRows: Int
  let blockColumns: Int

  /// Finds the rectangles from the shape of the scales.
  ///
  /// - Parameters:
  ///   - shape: of the codes; a stack of matrices counts as one matrix.
  ///   - scales: the shape of the scales: one number, one for each row, or a grid.
  ///   - blocks: the rows and columns of a rectangle, where a configuration states them.
  /// - Returns: nil where the scales have another shape.
  init?(shape: [Int], scales: [Int], blocks: [Int]?) {
    guard shape.count >= 2, let columns = shape.last, columns > 0 else { return nil }
    let rows = shape.dropLast().reduce(1, *)
    self.rows = rows
    self.columns = columns
    if scales.allSatisfy({ $0 == 1 }) {
      (blockRows, blockColumns) = (rows, columns)
    } else if scales == Array(shape.dropLast()) || scales == Array(shape.dropLast()) + [1] {
      (blockRows, blockColumns) = (1, columns)
    } else {
      // [rows, 1, columns, 1] is how ModelOpt writes a grid for one matrix.
      let isSpread = scales.count == 4 && shape.count == 2 && scales[1] == 1 && scales[3] == 1
      let scales = isSpread ? [scales[0], scales[2]] : scales
      guard let blocks, blocks.count == 2, blocks.allSatisfy({ $0 > 0 }),
        scales.count == shape.count, scales.dropLast(2) == shape.dropLast(2),
        scales[scales.count - 2] == Self.parts(of: shape[shape.count - 2], blocks[0]),
        scales[scales.count - 1] == Self.parts(of: columns, blocks[1])
      else { return nil }
      // In a stack no rectangle goes from one matrix into the next.
      guard shape.count == 2 || shape[shape.count - 2] % blocks[0] == 0 else { return nil }
      (blockRows, blockColumns) = (min(blocks[0], rows), min(blocks[1], columns))
    }
  }

  private static func parts(of extent: Int, _ block: Int) -> Int {
    extent / block + (extent % block == 0 ? 0 : 1)
  }

  /// The rectangles beside each other.
  var columnCount: Int { Self.parts(of: columns, blockColumns) }

  /// Whether there is one scale for each row, in order.
  var isRows: Bool { blockRows == 1 && blockColumns == columns }

  /// The longest run of weights that never meets two scales, wherever in the flat matrix it begins at a
  /// multiple of its length.
  var runLength: Int {
    var (run, rest) = (columns, blockColumns)
    while rest != 0 { (run, rest) = (rest, run % rest) }
    return run
  }

  /// The place of the scale of a run among the stored ones.
  func scale(ofRun run: Int) -> Int {
    let perRow = columns / runLength
    return run / perRow / blockRows * columnCount + run % perRow * runLength / blockColumns
  }
}

/// The scale of every run of weights, from an array of one for each rectangle.
struct RepeatedScales: DerivedArray {
  let array: String
  let grid: ScaleGrid
  /// The bytes of a scale.
  let width: Int

  func copy(
    _ range: Range<Int>, of model: SafetensorsModel, into bytes: UnsafeMutableRawBufferPointer
  ) throws {
    try model.withStoredBytes(of: array) { stored in
      for run in range.lowerBound / width..<(range.upperBound + width - 1) / width {
        let scale = grid.scale(ofRun: run) * width
        for byte in (run * width..<(run + 1) * width).clamped(to: range) {
          bytes[byte - range.lowerBound] = stored[scale + byte - run * width]
        }
      }
    }
  }
}
