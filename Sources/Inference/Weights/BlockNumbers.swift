// SPDX-License-Identifier: Apache-2.0

import CKernels
import Quantization
import Tensors

/// Numbers that blocks of weights have, one for each: scales or offsets, in the type that they are stored
/// in, and widened for some rows at a time.
struct BlockNumbers: Sendable {
  let stored: RetainedBytes
  let type: ElementType
  /// How whole numbers of a few bits are packed.
  private(set) var packing: CodePacking?
  /// What bytes stand for, where they are codes.
  private var codebook: [Float]?
  private(set) var factors: Factors?
  /// What all are divided by, or multiplied with.
  private var divisor, multiplier: Float?
  /// What is added at last.
  private var addend: Float?

  /// Numbers with which some neighbours each are multiplied: scales of scales.
  struct Factors {
    fileprivate let stored: RetainedBytes
    fileprivate let type: ElementType
    let block: Int
    /// How many numbers the first factor has met before ours.
    let skipped: Int
  }

  /// Numbers that are fp32 already.
  init(_ numbers: [Float]) {
    stored = RetainedBytes(count: 4 * numbers.count) { memory in
      numbers.withUnsafeBytes { memory.copyMemory(from: $0) }
    }
    type = .f32
  }

  /// Takes the numbers `range` of an operand as they are stored, or nil where they must be restored.
  ///
  /// - Parameter item: whose numbers they are, for errors.
  /// - Throws: the source's error.
  init?(
    _ encoding: Encoding, of tensor: StoredTensor, in range: Range<Int>, item: String
  ) throws {
    func numbers(_ component: Int, _ range: Range<Int>) throws -> (RetainedBytes, ElementType)? {
      let type = tensor.components[component].elementType
      guard [.f32, .f16, .bf16, .f8e8m0, .f8e4m3, .u8, .i8].contains(type) else { return nil }
      let width = type.bitWidth / 8
      let bytes = try tensor.retainedBytes(
        of: component, in: width * range.lowerBound..<width * range.upperBound)
      // fp32 numbers are read where they are.
      guard type != .f32 || UInt(bitPattern: bytes.start) % 4 == 0 else { return nil }
      return (bytes, type)
    }
    var steps = (encoding.steps ?? [])[...]
    func take(_ operation: Encoding.Operation, isPerBlock: Bool) -> Encoding.Step? {
      guard let step = steps.first, step.operation == operation,
        (step.block != nil) == isPerBlock, step.operand.bits == nil,
        (step.operand.steps ?? []).isEmpty
      else { return nil }
      steps.removeFirst()
      return step
    }
    let lookup = take(.lookup, isPerBlock: false)
    let zero = take(.subtract, isPerBlock: false)
    let scaling = take(.multiply, isPerBlock: true)
    let multiplication = take(.multiply, isPerBlock: false)
    let division = multiplication == nil ? take(.divide, isPerBlock: false) : nil
    let addition = take(.add, isPerBlock: false)
    guard steps.isEmpty, zero == nil || encoding.bits != nil,
      lookup == nil || (multiplication ?? division) == nil
    else { return nil }
    if let bits = encoding.bits {
      let number = try zero.map { try tensor.floats(of: $0.operand, 1, item: item)[0] } ?? 0
      guard (2...7).contains(bits), encoding.order == .low, lookup == nil,
        range.lowerBound % 8 == 0, let whole = Int(exactly: number), (0...128).contains(whole)
      else { return nil }
      packing = CodePacking(bits: bits, zero: whole)
      stored = try tensor.retainedBytes(
        of: encoding.component,
        in: range.lowerBound * bits / 8..<(range.upperBound * bits + 7) / 8)
      type = .i8
    } else {
      guard let (stored, type) = try numbers(encoding.component, range) else { return nil }
      self.stored = stored
      self.type = type
    }
    if let lookup {
      guard type == .u8, tensor.components[lookup.operand.component].shape == [256] else {
        return nil
      }
      codebook = try tensor.floats(of: lookup.operand, 256, item: item)
    }
    if let scaling, let block = scaling.block {
      let shared = range.lowerBound / block..<(range.upperBound + block - 1) / block
      guard let (bytes, type) = try numbers(scaling.operand.component, shared) else { return nil }
      factors = Factors(
        stored: bytes, type: type, block: block, skipped: range.lowerBound % block)
    }
    func single(_ step: Encoding.Step) throws -> Float {
      try tensor.floats(of: step.operand, 1, item: item)[0]
    }
    divisor = try division.map(single)
    multiplier = try multiplication.map(single)
    addend = try addition.map(single)
  }

  /// All bytes that it keeps.
  var retained: [RetainedBytes] { [stored] + (factors.map { [$0.stored] } ?? []) }

  /// The numbers where they are, if they are fp32.
  var floats: UnsafePointer<Float>? {
    guard type == .f32, factors == nil, divisor == nil, multiplier == nil, addend == nil else {
      return nil
    }
    return stored.start.assumingMemoryBound(to: Float.self)
  }

  /// Widens some of the numbers.
  ///
  /// - Parameter out: receives `range.count` numbers.
  func read(_ range: Range<Int>, into out: UnsafeMutablePointer<Float>) {
    if let codebook {
      lookUp(range, in: codebook, into: out)
      return
    }
    if type == .i8 {
      readIntegers(range, into: out)
    } else {
      Self.widen(stored, type, range, into: out)
      factors?.forEachBlock(of: range) { numbers, factor in
        for index in numbers { out[index - range.lowerBound] *= factor }
      }
    }
    if let divisor { for index in 0..<range.count { out[index] /= divisor } }
    if let multiplier { for index in 0..<range.count { out[index] *= multiplier } }
    if let addend { for index in 0..<range.count { out[index] += addend } }
  }

  private func lookUp(
    _ range: Range<Int>, in codebook: [Float], into out: UnsafeMutablePointer<Float>
  ) {
    let codes = stored.start.assumingMemoryBound(to: UInt8.self)
    let addend = addend ?? 0
    func decode(_ numbers: Range<Int>, _ factor: Float) {
      withUnsafePointer(to: factor) {
        Kernels.active.grids.decode_lookup8(
          codes + numbers.lowerBound, numbers.count, numbers.count, codebook, $0, addend,
          out + (numbers.lowerBound - range.lowerBound))
      }
    }
    guard let factors else { return decode(range, 1) }
    factors.forEachBlock(of: range, decode)
  }

  fileprivate static func widen(
    _ stored: RetainedBytes, _ type: ElementType, _ range: Range<Int>,
    into out: UnsafeMutablePointer<Float>
  ) {
    let width = type.bitWidth / 8
    let start = stored.start + width * range.lowerBound
    withExtendedLifetime(stored) {
      switch type {
      case .f16:
        Kernels.active.table.widen_f16(
          start.assumingMemoryBound(to: UInt16.self), range.count, out)
      case .bf16:
        Kernels.active.table.widen_bf16(
          start.assumingMemoryBound(to: UInt16.self), range.count, out)
      default:
        _ = ElementConversion.widen(
          UnsafeRawBufferPointer(start: start, count: width * range.count), of: type,
          into: UnsafeMutableBufferPointer(start: out, count: range.count))
      }
    }
  }
}

extension BlockNumbers.Factors {
  /// Calls `body` with those of the numbers `range` that share a factor, and with that.
  func forEachBlock(of range: Range<Int>, _ body: (Range<Int>, Float) -> Void) {
    withFloats(of: range) { floats, blocks in
      for index in blocks {
        let start = index * block - skipped
        body((start..<start + block).clamped(to: range), floats[index - blocks.lowerBound])
      }
    }
  }

  /// Whether a number is the first that meets its factor.
  func beginsBlock(at number: Int) -> Bool { (number + skipped) % block == 0 }

  /// Calls `body` with the factors that the numbers `range` meet, and which these are; not where there
  /// are no numbers.
  func withFloats(
    of range: Range<Int>, _ body: (_ factors: UnsafePointer<Float>, _ blocks: Range<Int>) -> Void
  ) {
    guard !range.isEmpty else { return }
    let blocks = (range.lowerBound + skipped) / block..<(range.upperBound + skipped - 1) / block + 1
    withUnsafeTemporaryAllocation(of: Float.self, capacity: blocks.count) { factors in
      guard let base = factors.baseAddress else { return }
      BlockNumbers.widen(stored, type, blocks, into: base)
      body(base, blocks)
    }
  }
}

extension StoredTensor {
  /// The first numbers of an operand.
  ///
  /// - Throws: the source's error.
  fileprivate func floats(of encoding: Encoding, _ count: Int, item: String) throws -> [Float] {
    try [Float](unsafeUninitializedCapacity: count) { buffer, filled in
      try decode(encoding, 0..<count, into: buffer, item: item)
      filled = count
    }
  }
}
