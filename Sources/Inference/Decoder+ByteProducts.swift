// SPDX-License-Identifier: Apache-2.0

import CKernels
import Tensors

/// Products of activations that become bytes with weights that are bytes, one scale per row of either:
/// LLM.int8(), by the rules of bitsandbytes' own backend for the processor (0.50).
extension Decoder {
  /// Magnitudes from here on stay out of the bytes, and so does all of their column.
  private static let outlierThreshold: Float = 6
  /// 1 / 127^2, as the reference writes it.
  private static let byteProductScale: Float = 6.200124e-5

  /// The weights of a projection where its activations are to become bytes, else nil.
  ///
  /// The head keeps numbers of 16 bits, as it does there whatever it is stored as.
  func byteMatrix(of projection: Projection) -> CodedMatrix? {
    guard architecture.compute == .llmInt8,
      projection.weight != architecture.head.projection.weight,
      let matrix = weights.coded(projection.weight), matrix.hasByteRows
    else { return nil }
    return matrix
  }

  /// `out = x * transpose(matrix) + bias` for all rows of a sequence that are computed at once: where
  /// one of them holds an outlier, its column counts as one in all of them.
  ///
  /// - Parameters:
  ///   - x: `rows * matrix.columnCount`, of fp16.
  ///   - bias: one for each row of the matrix.
  ///   - out: rows of `matrix.rowCount`, `stride` apart.
  func multiplyBytes(
    _ matrix: CodedMatrix, _ x: UnsafePointer<Float>, rows: Int, bias: UnsafePointer<Float>?,
    into out: UnsafeMutablePointer<Float>, stride: Int
  ) {
    let states = ByteStates(
      x, rows: rows, width: matrix.columnCount, threshold: Self.outlierThreshold,
      with: math.unrounded)
    let scales = matrix.rowScales
    let chunks = RowChunks(
      rowCount: matrix.rowCount, threads: threads, least: 64,
      most: max(1, Self.restoredWeightCount / matrix.columnCount))
    concurrently(chunks.count, threads: threads) { chunk, _ in
      let outputs = chunks[chunk]
      multiply(
        states, matrix, scales: scales, outputs: outputs,
        bias: bias.map { $0 + outputs.lowerBound },
        into: out + outputs.lowerBound, stride: stride)
    }
  }

  private func multiply(
    _ states: ByteStates, _ matrix: CodedMatrix, scales: [Float], outputs: Range<Int>,
    bias: UnsafePointer<Float>?, into out: UnsafeMutablePointer<Float>, stride: Int
  ) {
    let (math, width, count) = (math.unrounded, matrix.columnCount, outputs.count)
    // Sums of products of bytes are whole numbers; fp32 holds those of any 1,040 columns exactly, and
    // beyond is off by less than what the result is rounded by.
    let codes = FloatBuffer(count: count * width)
    matrix.restoreCodes(rows: outputs, into: codes.base)
    BLAS.multiply(
      BLAS.Matrix(start: states.codes.base, stride: width),
      transposed: BLAS.Matrix(start: codes.base, stride: width), into: out, stride: stride,
      m: states.rowCount, n: count, k: width)
    withUnsafeTemporaryAllocation(of: Float.self, capacity: count) { factors in
      guard let factors = factors.baseAddress else { return }
      for row in 0..<states.rowCount {
        let out = out + row * stride
        for (place, output) in outputs.enumerated() {
          factors[place] = scales[output] * states.maxima[row]
        }
        math.multiply(out, by: factors, count: count)
        math.scale(out, by: Self.byteProductScale, count: count)
        if let bias { math.add(bias, to: out, rows: 1, count: count, stride: count) }
        self.math.rounding.round(out, count: count)
      }
    }
    addOutliers(
      of: states, matrix, scales: scales, codes: codes.base, outputs: outputs, to: out,
      stride: stride)
  }

  /// Adds the products of the columns that hold outliers, with restored weights.
  private func addOutliers(
    of states: ByteStates, _ matrix: CodedMatrix, scales: [Float], codes: UnsafePointer<Float>,
    outputs: Range<Int>, to out: UnsafeMutablePointer<Float>, stride: Int
  ) {
    let columns = states.outlierColumns
    guard !columns.isEmpty else { return }
    let kept = FloatBuffer(count: outputs.count * columns.count)
    for (place, output) in outputs.enumerated() {
      let row = kept.base + place * columns.count
      for (place, column) in columns.enumerated() {
        row[place] = codes[(output - outputs.lowerBound) * matrix.columnCount + column]
      }
      math.unrounded.scale(row, by: scales[output], count: columns.count)
    }
    math.unrounded.scale(kept.base, by: matrix.byteFactor, count: kept.count)
    math.rounding.round(kept.base, count: kept.count)
    BLAS.multiply(
      BLAS.Matrix(start: states.outliers.base, stride: columns.count),
      transposed: BLAS.Matrix(start: kept.base, stride: columns.count), into: out, stride: stride,
      m: states.rowCount, n: outputs.count, k: columns.count, adding: true)
    math.rounding.round(out, rows: states.rowCount, count: outputs.count, stride: stride)
  }
}

extension CodedMatrix {
  /// Whether the weights are signed bytes with one scale per row, the row's largest magnitude.
  var hasByteRows: Bool {
    guard case .bytes(let factor) = kind else { return false }
    return factor != 1 && block == columnCount && packing == nil && scales != nil && offsets == nil
  }

  /// What a code times its row's scale is multiplied with.
  fileprivate var byteFactor: Float {
    if case .bytes(let factor) = kind { factor } else { 1 }
  }

  /// One scale for each row of a matrix that ``hasByteRows``.
  fileprivate var rowScales: [Float] {
    [Float](unsafeUninitializedCapacity: rowCount) { buffer, count in
      guard let scales, let start = buffer.baseAddress else { return }
      scales.read(0..<rowCount, into: start)
      count = rowCount
    }
  }

  /// The codes of some rows of a matrix that ``hasByteRows``, as numbers.
  fileprivate func restoreCodes(rows: Range<Int>, into out: UnsafeMutablePointer<Float>) {
    let start = codes.start + rows.lowerBound * rowByteCount
    let ones = [Float](repeating: 1, count: rows.count)
    Kernels.active.table.decode_int8(
      start.assumingMemoryBound(to: Int8.self), rows.count * columnCount, columnCount, ones, out)
  }
}
