// SPDX-License-Identifier: Apache-2.0

import CKernels
import Tensors

extension ComponentStore {
  /// Evaluates numbers `range` of an encoding. `formats/encodings.md`, "The decoding rule".
  ///
  /// - Parameter item: whose encoding it is, for errors.
  /// - Throws: the store's error.
  package func decode(
    _ encoding: Encoding, _ range: Range<Int>, into numbers: UnsafeMutableBufferPointer<Float>,
    item: String
  ) throws {
    guard !range.isEmpty, let base = numbers.baseAddress else { return }
    precondition(numbers.count >= range.count)
    var steps = (encoding.steps ?? [])[...]
    let taken = try decodeByKernel(encoding, range, into: base, item: item)
    if taken == 0 {
      try loadStored(encoding, range, into: numbers, item: item)
    }
    steps = steps.dropFirst(taken)
    for step in steps {
      try apply(step, to: numbers, range, item: item)
    }
  }

  /// Numbers of an encoding, as an array.
  func decoded(
    _ encoding: Encoding, _ range: Range<Int>, item: String
  ) throws -> [Float] {
    try [Float](unsafeUninitializedCapacity: range.count) { buffer, count in
      try decode(encoding, range, into: buffer, item: item)
      count = range.count
    }
  }

  /// Does the stored numbers and the first steps in one go, where a kernel knows that pattern.
  ///
  /// - Returns: how many steps are done; 0 if none, and then nothing is stored.
  private func decodeByKernel(
    _ encoding: Encoding, _ range: Range<Int>, into numbers: UnsafeMutablePointer<Float>,
    item: String
  ) throws -> Int {
    let steps = encoding.steps ?? []
    let kernels = Kernels.active.table
    if let taken = try decodeGrid(encoding, range, into: numbers, item: item) { return taken }
    if try decodeGroups(encoding, steps, range, into: numbers, item: item) { return 2 }
    let isNibbles = encoding.bits == 4 && encoding.order == .high
    let isInt8 = encoding.bits == nil && elementType(of: encoding.component) == .i8
    if isInt8, let step = steps.first, step.operation == .multiply, let block = step.block,
      range.lowerBound % block == 0
    {
      let scales = try operands(step, block, range, item: item)
      try withBytes(of: encoding.component, in: range) { codes in
        kernels.decode_int8(
          codes.bindMemory(to: Int8.self).baseAddress, range.count, block, scales, numbers)
      }
      return 1
    }
    if let bits = affineBits(of: encoding), steps.count >= 2, steps[0].operation == .multiply,
      steps[1].operation == .add, let block = steps[0].block, steps[1].block == block,
      range.lowerBound % block == 0, range.lowerBound * bits % 8 == 0
    {
      let scales = try operands(steps[0], block, range, item: item)
      let biases = try operands(steps[1], block, range, item: item)
      let bytes = range.lowerBound * bits / 8..<(range.upperBound * bits + 7) / 8
      try withBytes(of: encoding.component, in: bytes) { codes in
        kernels.decode_affine(
          codes.bindMemory(to: UInt8.self).baseAddress, range.count, block, Int32(bits), scales,
          biases, numbers)
      }
      return 2
    }
    guard isNibbles, range.lowerBound % 2 == 0, steps.count >= 2, steps[1].operation == .multiply,
      let block = steps[1].block, range.lowerBound % block == 0
    else { return 0 }
    let bytes = range.lowerBound / 2..<(range.upperBound + 1) / 2
    switch steps[0].operation {
    case .lookup where steps[0].block == nil:
      guard elementCount(of: steps[0].operand.component) == 16 else { return 0 }
      let table = try decoded(steps[0].operand, 0..<16, item: item)
      let scales = try operands(steps[1], block, range, item: item)
      try withBytes(of: encoding.component, in: bytes) { codes in
        kernels.decode_lookup4(
          codes.bindMemory(to: UInt8.self).baseAddress, range.count, block, table, scales, numbers)
      }
    case .subtract where steps[0].block == block:
      let zeros = try operands(steps[0], block, range, item: item)
      let scales = try operands(steps[1], block, range, item: item)
      try withBytes(of: encoding.component, in: bytes) { codes in
        kernels.decode_uint4(
          codes.bindMemory(to: UInt8.self).baseAddress, range.count, block, scales, zeros, numbers)
      }
    default: return 0
    }
    return 2
  }

  /// The width of unsigned codes that are packed from the low bits on, or whole bytes.
  private func affineBits(of encoding: Encoding) -> Int? {
    if let bits = encoding.bits { return encoding.order == .low ? bits : nil }
    return elementType(of: encoding.component) == .u8 ? 8 : nil
  }

  /// The operands that the numbers `range` meet, one for each block.
  func operands(
    _ step: Encoding.Step, _ block: Int, _ range: Range<Int>, item: String
  ) throws -> [Float] {
    try decoded(
      step.operand, range.lowerBound / block..<(range.upperBound - 1) / block + 1, item: item)
  }

  /// Converts the stored numbers, before any step.
  private func loadStored(
    _ encoding: Encoding, _ range: Range<Int>, into numbers: UnsafeMutableBufferPointer<Float>,
    item: String
  ) throws {
    let type = elementType(of: encoding.component)
    if let bits = encoding.bits {
      let bytes = range.lowerBound * bits / 8..<(range.upperBound * bits + 7) / 8
      try withBytes(of: encoding.component, in: bytes) { packed in
        PackedBits(width: bits, isHighFirst: encoding.order == .high)
          .unpack(packed, firstBit: range.lowerBound * bits % 8, count: range.count, into: numbers)
      }
      return
    }
    guard ElementConversion.canWiden(type) else {
      throw refusal(item, "\(type.rawValue) numbers can't be restored")
    }
    let width = type.bitWidth / 8
    try withBytes(
      of: encoding.component, in: range.lowerBound * width..<range.upperBound * width
    ) { bytes in
      _ = ElementConversion.widen(bytes, of: type, into: numbers)
    }
  }

  private func apply(
    _ step: Encoding.Step, to numbers: UnsafeMutableBufferPointer<Float>, _ range: Range<Int>,
    item: String
  ) throws {
    if step.operation == .lookup {
      try lookUp(step, numbers, range, item: item)
      return
    }
    // Without a block every number meets operand 0: one block that begins at 0 and has no end.
    let block = step.block ?? Int.max
    let operands = try operands(step, block, range, item: item)
    var index = 0
    for operand in operands {
      let blockEnd = ((range.lowerBound + index) / block + 1).multipliedReportingOverflow(by: block)
      let end =
        blockEnd.overflow ? range.count : min(range.count, blockEnd.partialValue - range.lowerBound)
      switch step.operation {
      case .subtract: while index < end { numbers[index] -= operand; index += 1 }
      case .multiply: while index < end { numbers[index] *= operand; index += 1 }
      case .divide: while index < end { numbers[index] /= operand; index += 1 }
      default: while index < end { numbers[index] += operand; index += 1 }
      }
    }
  }

  private func lookUp(
    _ step: Encoding.Step, _ numbers: UnsafeMutableBufferPointer<Float>, _ range: Range<Int>,
    item: String
  ) throws {
    let length = codebookLength(of: step.operand.component, isSingle: step.block == nil)
    let block = step.block ?? Int.max
    var index = 0
    while index < range.count {
      // Some whole codebooks at a time, so that memory does not grow with their number.
      let first = (range.lowerBound + index) / block
      let last = min((range.upperBound - 1) / block, first + codebookNumberCount / length)
      let codebooks = try decoded(
        step.operand, first * length..<(last + 1) * length, item: item)
      let (next, overflow) = (last + 1).multipliedReportingOverflow(by: block)
      let end = overflow ? range.count : min(range.count, next - range.lowerBound)
      while index < end {
        let code = numbers[index]
        guard code >= 0, code < Float(length), code.rounded() == code else {
          throw refusal(
            item, "code \(code) of weight \(range.lowerBound + index) is not in its codebook")
        }
        let codebook = (range.lowerBound + index) / block - first
        numbers[index] = codebooks[codebook * length + Int(code)]
        index += 1
      }
    }
  }
}

/// About as many numbers of codebooks are decoded at a time.
private let codebookNumberCount = 1 << 16
