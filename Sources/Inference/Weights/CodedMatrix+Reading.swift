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
      self.init(
        try CodePattern(stored).flatMap { pattern in
          outputs.width % pattern.block == 0
            ? try CodedMatrix(pattern, of: stored, outputs, name: tensor.name) : nil
        })
      return
    }
    if let stored = try (source as? any SeparableSource)?.separated(tensor.name),
      let pattern = CodePattern(stored), outputs.width % pattern.block == 0
    {
      self.init(try CodedMatrix(pattern, of: stored, outputs, name: tensor.name))
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
      isLowFirst: false, scales: nil, zeros: nil, offsets: nil)
  }

  private init?(_ matrix: CodedMatrix?) {
    guard let matrix else { return nil }
    self = matrix
  }

  private init?(
    _ pattern: CodePattern, of stored: StoredTensor, _ outputs: StoredOutputs, name: String
  ) throws {
    let (width, block) = (outputs.width, pattern.block)
    let rowBytes = width * pattern.bits / 8
    let blocksPerRow = width / block
    let blocks =
      outputs.stored.lowerBound * blocksPerRow..<outputs.stored.upperBound * blocksPerRow
    func numbers(_ encoding: Encoding, _ range: Range<Int>) throws -> [Float] {
      try [Float](unsafeUninitializedCapacity: range.count) { buffer, count in
        try stored.decode(encoding, range, into: buffer, item: name)
        count = range.count
      }
    }
    /// One number for each block of the matrix's rows.
    func blockNumbers(_ encoding: Encoding) throws -> BlockNumbers {
      if outputs.isRun, let found = try BlockNumbers(encoding, of: stored, in: blocks, item: name) {
        return found
      }
      let floats = outputs.selected(
        from: try numbers(encoding, blocks), perRow: blocksPerRow)
      return BlockNumbers(floats)
    }

    var zeros: BlockZeros?
    switch pattern.kind {
    case .lookup(let table): kind = .lookup(try numbers(table, 0..<16))
    case .integers(let operand, let isSingle):
      kind = .affine
      if let operand, !isSingle {
        if outputs.isRun { zeros = try BlockZeros(operand, of: stored, in: blocks) }
        if zeros == nil {
          zeros = BlockZeros(
            outputs.selected(from: try numbers(operand, blocks), perRow: blocksPerRow),
            isSingle: false)
        }
      } else {
        zeros = BlockZeros(try operand.map { try numbers($0, 0..<1) } ?? [0], isSingle: true)
      }
      guard zeros != nil else { return nil }
    case .bytes(let factor):
      if pattern.isDivided {
        guard factor == nil else { return nil }
        kind = .quotients
      } else {
        kind = .bytes(factor: try factor.map { try numbers($0, 0..<1)[0] } ?? 1)
      }
    case .unsignedBytes(let zero):
      if let zero {
        guard try numbers(zero, 0..<1) == [128] else { return nil }
        kind = .bytes(factor: 1)
      } else {
        kind = .unsignedBytes
      }
    case .packed(let zero, let table):
      if let table {
        packing = CodePacking(table: try numbers(table, 0..<16))
      } else {
        let number = try zero.map { try numbers($0, 0..<1)[0] } ?? 0
        packing = Int(exactly: number).flatMap {
          (0...128).contains($0) ? CodePacking(bits: pattern.bits, zero: $0) : nil
        }
      }
      guard let packing else { return nil }
      kind = .bytes(factor: packing.unit)
    }
    rowCount = outputs.count
    columnCount = width
    self.block = block
    let codes = try stored.retainedBytes(
      of: stored.encoding.component,
      in: outputs.stored.lowerBound * rowBytes..<outputs.stored.upperBound * rowBytes)
    let selected = outputs.selected(from: codes, rowByteCount: rowBytes)
    switch pattern.kind {
    case .unsignedBytes: self.codes = selected.mapped { $0 ^ 0x80 }
    default: self.codes = selected
    }
    isLowFirst = pattern.isLowFirst
    self.zeros = zeros
    scales = try blockNumbers(pattern.scales)
    offsets = try pattern.offsets.map(blockNumbers)
  }
}

extension RetainedBytes {
  /// A copy of them, each changed.
  @inline(__always)
  fileprivate func mapped(_ change: (UInt8) -> UInt8) -> RetainedBytes {
    RetainedBytes(count: count) { memory in
      guard let out = memory.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
      let bytes = start.assumingMemoryBound(to: UInt8.self)
      for index in 0..<count { out[index] = change(bytes[index]) }
    }
  }
}
