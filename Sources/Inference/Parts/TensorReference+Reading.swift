// SPDX-License-Identifier: Apache-2.0

import Tensors

extension TensorReference {
  /// Numbers that are restored at a time: what a source needs beside them stays small, and the pieces
  /// begin where blocks and frames of the common sizes do.
  private static let pieceCount = 1 << 20

  /// A matrix, which can be used some rows at a time; anything else is used as a whole.
  var isMatrix: Bool { shape.count == 2 }

  /// Reads all numbers from a source whose tensor has the shape `storedShape`, on up to `threads`
  /// threads.
  ///
  /// - Parameter buffer: receives `count` numbers, row-major.
  /// - Throws: the source's first error.
  func read(
    from source: any TensorSource, into buffer: UnsafeMutablePointer<Float>, threads: Int
  ) throws {
    try read(rows: 0..<shape[0], from: source, into: buffer, threads: threads)
  }

  /// Reads some rows of a matrix, or elements of a vector, as the decoder sees it.
  func read(
    rows: Range<Int>, from source: any TensorSource, into buffer: UnsafeMutablePointer<Float>,
    threads: Int = 1
  ) throws {
    let start = (index ?? 0) * matrixShape.reduce(1, *)
    let width = shape.dropFirst().reduce(1, *)
    if isTransposed {
      try readColumns(rows, from: source, start: start, into: buffer, threads: threads)
    } else {
      for span in spans(of: rows, width: width) {
        let out = buffer + span.place * width
        if span.isRun {
          try read(span, width, from: source, start: start, into: out, threads: threads)
        } else {
          let stored = FloatBuffer(count: span.outputs.count * width)
          try read(span, width, from: source, start: start, into: stored.base, threads: threads)
          for row in 0..<span.rowCount {
            let output = selection?[rows.lowerBound + span.place + row] ?? 0
            (out + row * width).update(
              from: stored.base + (output - span.outputs.lowerBound) * width, count: width)
          }
        }
      }
    }
    if offset != 0 {
      for place in 0..<rows.count * width { buffer[place] += offset }
    }
  }

  /// Stored outputs that are read together, and the rows that are made of them.
  private struct Span {
    /// The first of the rows.
    var place: Int
    var rowCount: Int
    var outputs: Range<Int>
    /// Whether the rows are the outputs in their order.
    var isRun: Bool
  }

  /// The stored outputs behind some rows.
  ///
  /// Rows that lie close together are read at once, even if every second output is of no use: a source
  /// may restore many for each that it is asked for.
  private func spans(of rows: Range<Int>, width: Int) -> [Span] {
    guard let selection else {
      return [Span(place: 0, rowCount: rows.count, outputs: rows, isRun: true)]
    }
    var spans: [Span] = []
    for (place, row) in rows.enumerated() {
      let output = selection[row]
      if let last = spans.last {
        let isNext = last.isRun && output == last.outputs.upperBound
        let outputs =
          min(last.outputs.lowerBound, output)..<max(last.outputs.upperBound, output + 1)
        let isClose =
          outputs.count <= 2 * (last.rowCount + 1) && outputs.count * width <= Self.pieceCount
        if isNext || isClose {
          spans[spans.count - 1] = Span(
            place: last.place, rowCount: last.rowCount + 1, outputs: outputs, isRun: isNext)
          continue
        }
      }
      spans.append(Span(place: place, rowCount: 1, outputs: output..<output + 1, isRun: true))
    }
    return spans
  }

  private func read(
    _ span: Span, _ width: Int, from source: any TensorSource, start: Int,
    into buffer: UnsafeMutablePointer<Float>, threads: Int
  ) throws {
    let first = start + span.outputs.lowerBound * width
    let count = span.outputs.count * width
    let pieces = (count + Self.pieceCount - 1) / Self.pieceCount
    let failure = FirstError()
    concurrently(pieces, threads: threads) { piece, _ in
      let part = piece * Self.pieceCount..<min((piece + 1) * Self.pieceCount, count)
      failure.catching {
        try source.read(
          name, elements: first + part.lowerBound..<first + part.upperBound,
          into: UnsafeMutableBufferPointer(start: buffer + part.lowerBound, count: part.count))
      }
    }
    try failure.rethrow()
  }

  /// Reads what some inputs have of a matrix that is stored as a row for each input, on up to `threads`
  /// threads.
  ///
  /// - Parameter buffer: receives a row of `shape[0]` numbers for each input.
  /// - Throws: the source's first error.
  func read(
    inputs: Range<Int>, from source: any TensorSource, into buffer: UnsafeMutablePointer<Float>,
    threads: Int
  ) throws {
    let (width, outputs) = (matrixShape[1], shape[0])
    let start = (index ?? 0) * matrixShape.reduce(1, *)
    let columns = selection.map { selection in (0..<outputs).map { selection[$0] } }
    let chunks = RowChunks(
      rowCount: inputs.count, threads: threads, least: 1, most: max(1, Self.pieceCount / width))
    let failure = FirstError()
    concurrently(chunks.count, threads: threads) { chunk, _ in
      let rows = chunks[chunk]
      let first = start + (inputs.lowerBound + rows.lowerBound) * width
      let out = buffer + rows.lowerBound * outputs
      func read(into buffer: UnsafeMutableBufferPointer<Float>) throws {
        try source.read(name, elements: first..<first + rows.count * width, into: buffer)
      }
      failure.catching {
        guard let columns else {
          return try read(
            into: UnsafeMutableBufferPointer(start: out, count: rows.count * width))
        }
        let stored = FloatBuffer(count: rows.count * width)
        try read(into: stored.all)
        for row in 0..<rows.count {
          let (from, to) = (stored.base + row * width, out + row * outputs)
          for (place, column) in columns.enumerated() { to[place] = from[column] }
        }
      }
    }
    try failure.rethrow()
    if offset != 0 {
      for place in 0..<inputs.count * outputs { buffer[place] += offset }
    }
  }

  /// Reads rows that are columns of the stored matrix, which is read whole, some of its rows at a time.
  private func readColumns(
    _ rows: Range<Int>, from source: any TensorSource, start: Int,
    into buffer: UnsafeMutablePointer<Float>, threads: Int
  ) throws {
    let (inputs, outputs) = (matrixShape[0], matrixShape[1])
    let columns = rows.map { selection?[$0] ?? $0 }
    let inputsPerPiece = max(1, Self.pieceCount / max(1, outputs))
    let pieces = (inputs + inputsPerPiece - 1) / inputsPerPiece
    let failure = FirstError()
    concurrently(pieces, threads: threads) { piece, _ in
      let first = piece * inputsPerPiece
      let stored = FloatBuffer(count: min(inputsPerPiece, inputs - first) * outputs)
      failure.catching {
        try source.read(
          name, elements: start + first * outputs..<start + first * outputs + stored.count,
          into: stored.all)
        Self.gather(columns, of: stored, width: outputs, into: buffer + first, stride: inputs)
      }
    }
    try failure.rethrow()
  }

  /// Makes a row of each of the columns of a matrix of rows of `width`.
  private static func gather(
    _ columns: [Int], of matrix: FloatBuffer, width: Int, into buffer: UnsafeMutablePointer<Float>,
    stride: Int
  ) {
    let rowCount = matrix.count / width
    // By squares, so that what is read and what is written both stay in the first-level cache.
    let side = 32
    for firstPlace in Swift.stride(from: 0, to: columns.count, by: side) {
      for firstRow in Swift.stride(from: 0, to: rowCount, by: side) {
        for place in firstPlace..<min(firstPlace + side, columns.count) {
          let column = matrix.base + columns[place]
          let out = buffer + place * stride
          for row in firstRow..<min(firstRow + side, rowCount) { out[row] = column[row * width] }
        }
      }
    }
  }
}
