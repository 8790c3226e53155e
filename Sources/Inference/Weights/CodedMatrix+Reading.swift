// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors

extension CodedMatrix {
  /// Takes a matrix from a source as it is stored, or nil where its numbers must be restored: it is
  /// stored transposed, something is added to it, its blocks straddle rows, or no kernel knows it.
  ///
  /// - Throws: the source's error.
  init?(_ tensor: TensorReference, from source: any ModelSource) throws {
    guard tensor.isMatrix, !tensor.isTransposed, tensor.offset == 0, tensor.count > 0,
      let description = source.description(of: tensor.name)
    else { return nil }
    let outputs = StoredOutputs(tensor)
    // What can't be given out as it stands may be readable all the same, and else reading says why.
    if let stored = (try? (source as? any EncodedSource)?.stored(tensor.name)) ?? nil {
      if let type = stored.plainType {
        guard type == .bf16 || type == .f16 else { return nil }
        let bytes = try stored.retainedBytes(
          of: stored.encoding.component, in: outputs.byteRange(width: 2))
        self.init(halves: bytes, of: type, outputs)
        return
      }
      guard let pattern = CodePattern(stored), outputs.width % pattern.block == 0 else {
        return nil
      }
      self = try Self(pattern, of: stored, outputs, name: tensor.name)
      return
    }
    let type = description.elementType
    guard type == .bf16 || type == .f16, description.scheme == type.schemeName,
      let bytes = try source.retainedBytes(of: tensor.name, in: outputs.byteRange(width: 2))
    else { return nil }
    self.init(halves: bytes, of: type, outputs)
  }

  private init(halves: RetainedBytes, of type: ElementType, _ outputs: StoredOutputs) {
    self.init(
      kind: type == .bf16 ? .bf16 : .f16, rowCount: outputs.count, columnCount: outputs.width,
      block: outputs.width, codes: outputs.selected(from: halves, rowByteCount: 2 * outputs.width),
      scales: nil, zeros: nil)
  }

  private init(
    _ pattern: CodePattern, of stored: StoredTensor, _ outputs: StoredOutputs, name: String
  ) throws {
    let (width, block) = (outputs.width, pattern.block)
    let rowBytes = width * pattern.bits / 8
    let codes = try stored.retainedBytes(
      of: stored.encoding.component,
      in: outputs.stored.lowerBound * rowBytes..<outputs.stored.upperBound * rowBytes)
    let blocksPerRow = width / block
    let blocks =
      outputs.stored.lowerBound * blocksPerRow..<outputs.stored.upperBound * blocksPerRow
    func numbers(_ encoding: Encoding, _ range: Range<Int>) throws -> [Float] {
      try [Float](unsafeUninitializedCapacity: range.count) { buffer, count in
        try stored.decode(encoding, range, into: buffer, item: name)
        count = range.count
      }
    }

    var zeros: RetainedBytes?
    switch pattern.kind {
    case .lookup(let table): kind = .lookup(try numbers(table, 0..<16))
    case .affine(let encoding):
      kind = .affine
      let wide = try numbers(encoding, blocks)
      let narrow = RetainedBytes(count: blocks.count) { bytes in
        for index in 0..<blocks.count { bytes[index] = UInt8(wide[index]) }
      }
      zeros = outputs.selected(from: narrow, rowByteCount: blocksPerRow)
    case .bytes(let factor):
      kind = .bytes(factor: try factor.map { try numbers($0, 0..<1)[0] } ?? 1)
    }
    rowCount = outputs.count
    columnCount = width
    self.block = block
    self.codes = outputs.selected(from: codes, rowByteCount: rowBytes)
    self.zeros = zeros
    scales = outputs.selected(
      from: try Self.scales(pattern.scales, of: stored, blocks)
        ?? .floats(try numbers(pattern.scales, blocks)),
      rowByteCount: 4 * blocksPerRow)
  }

  /// Scales as they are stored, or nil where they must be restored or can't be read where they lie.
  private static func scales(
    _ encoding: Encoding, of stored: StoredTensor, _ blocks: Range<Int>
  ) throws -> RetainedBytes? {
    guard encoding.bits == nil, (encoding.steps ?? []).isEmpty,
      stored.components[encoding.component].elementType == .f32
    else { return nil }
    let bytes = try stored.retainedBytes(
      of: encoding.component, in: 4 * blocks.lowerBound..<4 * blocks.upperBound)
    return UInt(bitPattern: bytes.start) % 4 == 0 ? bytes : nil
  }
}

extension RetainedBytes {
  fileprivate static func floats(_ numbers: [Float]) -> RetainedBytes {
    RetainedBytes(count: 4 * numbers.count) { memory in
      numbers.withUnsafeBytes { memory.copyMemory(from: $0) }
    }
  }
}

/// The stored rows behind a matrix of outputs.
private struct StoredOutputs {
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

  /// The bytes of the stored rows, where a number takes `width`.
  func byteRange(width bytes: Int) -> Range<Int> {
    stored.lowerBound * width * bytes..<stored.upperBound * width * bytes
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
