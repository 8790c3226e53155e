// SPDX-License-Identifier: Apache-2.0

import Tensors

/// The stored rows behind a matrix of outputs.
struct StoredOutputs {
  /// Weights per row.
  let width: Int
  /// How many rows the matrix has.
  let count: Int
  /// The rows of the tensor that hold them, counted through all that are stacked.
  let stored: Range<Int>
  /// Of each of the matrix's rows its place among them; nil where they are the same.
  private let places: [Int]?

  init(_ tensor: TensorReference) {
    let (rows, width) = (tensor.matrixShape[0], tensor.matrixShape[1])
    self.width = width
    count = tensor.shape[0]
    let first = (tensor.index ?? 0) * rows
    guard let selection = tensor.selection else {
      stored = first..<first + rows
      places = nil
      return
    }
    let chosen = (0..<selection.count).map { selection[$0] }
    let (least, most) = (chosen.min() ?? 0, chosen.max() ?? 0)
    stored = first + least..<first + most + 1
    places = chosen.enumerated().allSatisfy { $1 == least + $0 } ? nil : chosen.map { $0 - least }
  }

  /// Whether the matrix's rows are the stored ones in their order.
  var isRun: Bool { places == nil }

  /// The bytes of the stored rows, where a number takes `width`.
  func byteRange(width bytes: Int) -> Range<Int> {
    stored.lowerBound * width * bytes..<stored.upperBound * width * bytes
  }

  /// The matrix's rows of some numbers for each stored one.
  func selected(from numbers: [Float], perRow: Int) -> [Float] {
    guard let places else { return numbers }
    return places.flatMap { numbers[$0 * perRow..<($0 + 1) * perRow] }
  }

  /// The matrix's rows of an array that has some bytes for each stored one.
  func selected(from bytes: RetainedBytes, rowByteCount: Int) -> RetainedBytes {
    guard let places else { return bytes }
    return RetainedBytes(count: places.count * rowByteCount) { memory in
      for (row, place) in places.enumerated() {
        UnsafeMutableRawBufferPointer(
          rebasing: memory[row * rowByteCount..<(row + 1) * rowByteCount]
        ).copyMemory(
          from: UnsafeRawBufferPointer(
            start: bytes.start + place * rowByteCount, count: rowByteCount))
      }
    }
  }
}

extension TensorReference {
  /// The rows of a matrix where they stand in a file as fp32 numbers; nil where they don't, or not one
  /// after the other.
  ///
  /// - Throws: the source's error.
  func floats(of source: any ModelSource) throws -> RetainedBytes? {
    guard isMatrix, !isTransposed, offset == 0, count > 0,
      let description = source.description(of: name), description.elementType == .f32,
      description.scheme == ElementType.f32.schemeName
    else { return nil }
    let outputs = StoredOutputs(self)
    let width = MemoryLayout<Float>.stride
    guard outputs.isRun,
      let bytes = try source.retainedBytes(of: name, in: outputs.byteRange(width: width)),
      UInt(bitPattern: bytes.start) % UInt(width) == 0
    else { return nil }
    return bytes
  }
}
