// SPDX-License-Identifier: Apache-2.0

import CKernels
import Tensors

/// Rows of activations as signed bytes, one scale per row, beside the columns that hold outliers.
struct ByteStates {
  /// 1.5 * 2^23: a sum with it has no place behind the point, so that the addition rounds.
  private static let wholeNumbers: Float = 12_582_912

  let rowCount: Int
  /// Whole numbers of -127 ... 127, row by row; zeros in the columns of ``outlierColumns``.
  let codes: FloatBuffer
  /// What 127 stands for in each row: the largest magnitude that is no outlier.
  let maxima: [Float]
  /// Columns in which some row holds an outlier, ascending.
  let outlierColumns: [Int]
  /// The numbers in those columns, row by row.
  let outliers: FloatBuffer

  /// - Parameters:
  ///   - x: `rows * width`.
  ///   - threshold: magnitudes from here on are outliers.
  ///   - math: rounds nothing.
  init(
    _ x: UnsafePointer<Float>, rows: Int, width: Int, threshold: Float, with math: VectorMath
  ) {
    rowCount = rows
    codes = FloatBuffer(count: rows * width)
    codes.base.update(from: x, count: rows * width)
    var isOutlier = [Bool](repeating: false, count: width)
    var maxima = [Float](repeating: 0, count: rows)
    _ = Kernels.active.table.absmax(x, rows * width, width, &maxima)
    for row in 0..<rows where !(maxima[row] < threshold) {
      let numbers = codes.base + row * width
      var largest: Float = 0
      for column in 0..<width {
        let magnitude = abs(numbers[column])
        if magnitude >= threshold {
          isOutlier[column] = true
          numbers[column] = 0
        } else {
          largest = max(largest, magnitude)
        }
      }
      maxima[row] = largest
    }
    let columns = isOutlier.indices.filter { isOutlier[$0] }
    outlierColumns = columns
    outliers = FloatBuffer(count: rows * columns.count)
    for row in 0..<rows {
      let numbers = codes.base + row * width
      for (place, column) in columns.enumerated() {
        outliers.base[row * columns.count + place] = x[row * width + column]
        numbers[column] = 0
      }
      guard maxima[row] > 0 else { continue }
      // PyTorch divides a number by a tensor as the product with the reciprocal.
      math.scale(numbers, by: 1 / maxima[row] * 127, adding: Self.wholeNumbers, count: width)
      math.scale(numbers, by: 1, adding: -Self.wholeNumbers, count: width)
    }
    self.maxima = maxima
  }
}
