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
    guard let base = buffer.baseAddress else { return }
    let size = matrixShape.reduce(1, *)
    let start = (index ?? 0) * size
    if isTransposed {
      try readTransposed(from: source, elements: start..<start + size, into: base)
    } else if let selection {
      try read(selection, from: source, start: start, into: base)
    } else {
      try source.read(name, elements: start..<start + size, into: buffer)
    }
    if offset != 0 {
      for place in 0..<count { base[place] += offset }
    }
  }

  /// Reads each repetition at once, since a source may restore more than it is asked for.
  private func read(
    _ selection: OutputSelection, from source: any TensorSource, start: Int,
    into buffer: UnsafeMutablePointer<Float>
  ) throws {
    let width = matrixShape.dropFirst().reduce(1, *)
    var out = buffer
    var room: FloatBuffer?
    for repetition in 0..<selection.repetitions {
      let outputs = selection.outputs(ofRepetition: repetition)
      guard let first = outputs.min(), let last = outputs.max() else { return }
      let elements = start + first * width..<start + (last + 1) * width
      if selection.takesNeighbours {
        try source.read(
          name, elements: elements,
          into: UnsafeMutableBufferPointer(start: out, count: elements.count))
      } else {
        let stored = room ?? FloatBuffer(count: elements.count)
        room = stored
        try source.read(name, elements: elements, into: stored.all)
        for (row, output) in outputs.enumerated() {
          (out + row * width).update(from: stored.base + (output - first) * width, count: width)
        }
      }
      out += outputs.count * width
    }
  }

  /// The stored matrix is read whole: its outputs are columns, and each is spread over all of it.
  private func readTransposed(
    from source: any TensorSource, elements: Range<Int>, into buffer: UnsafeMutablePointer<Float>
  ) throws {
    let (inputs, outputs) = (matrixShape[0], matrixShape[1])
    let stored = FloatBuffer(count: elements.count)
    try source.read(name, elements: elements, into: stored.all)
    let selection = selection ?? .run(from: 0, count: outputs)
    let columns = (0..<selection.repetitions).flatMap(selection.outputs(ofRepetition:))
    // By squares, so that what is read and what is written both stay in the first-level cache.
    let side = 32
    for firstPlace in stride(from: 0, to: columns.count, by: side) {
      for firstInput in stride(from: 0, to: inputs, by: side) {
        for place in firstPlace..<min(firstPlace + side, columns.count) {
          let column = stored.base + columns[place]
          let row = buffer + place * inputs
          for input in firstInput..<min(firstInput + side, inputs) {
            row[input] = column[input * outputs]
          }
        }
      }
    }
  }
}
