// SPDX-License-Identifier: Apache-2.0

import Tensors

extension TensorReference {
  /// Reads the numbers from a source whose tensor has the shape `storedShape`.
  ///
  /// - Parameter buffer: receives `count` numbers, row-major.
  /// - Throws: the source's error.
  func read(
    from source: any TensorSource, into buffer: UnsafeMutableBufferPointer<Float>
  ) throws {
    let size = matrixShape.reduce(1, *)
    let start = (index ?? 0) * size
    if isTransposed {
      try readTransposed(from: source, elements: start..<start + size, into: buffer)
    } else if let selection {
      let width = matrixShape.dropFirst().reduce(1, *)
      var rest = buffer
      try selection.forEachRange { rows in
        let count = rows.count * width
        let first = start + rows.lowerBound * width
        try source.read(name, elements: first..<first + count, into: rest)
        rest = UnsafeMutableBufferPointer(rebasing: rest[count...])
      }
    } else {
      try source.read(name, elements: start..<start + size, into: buffer)
    }
    if offset != 0 {
      for place in 0..<count { buffer[place] += offset }
    }
  }

  /// The stored matrix is read whole: its outputs are columns, and each is spread over all of it.
  private func readTransposed(
    from source: any TensorSource, elements: Range<Int>,
    into buffer: UnsafeMutableBufferPointer<Float>
  ) throws {
    let (inputs, outputs) = (matrixShape[0], matrixShape[1])
    let stored = FloatBuffer(count: elements.count)
    try source.read(name, elements: elements, into: stored.all)
    var row = 0
    (selection ?? .run(from: 0, count: outputs)).forEachRange { columns in
      for column in columns {
        for input in 0..<inputs {
          buffer[row * inputs + input] = stored.base[input * outputs + column]
        }
        row += 1
      }
    }
  }
}
