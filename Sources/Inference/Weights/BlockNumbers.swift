// SPDX-License-Identifier: Apache-2.0

import CKernels
import Quantization
import Tensors

/// Numbers that blocks of weights have, one for each: scales or offsets, in the type that they are stored
/// in, and widened for some rows at a time.
struct BlockNumbers: Sendable {
  private let stored: RetainedBytes
  private let type: ElementType
  /// Numbers with which some neighbours each are multiplied: scales of scales.
  private let factors: (stored: RetainedBytes, type: ElementType, block: Int)?

  /// Numbers that are fp32 already.
  init(_ numbers: [Float]) {
    stored = RetainedBytes(count: 4 * numbers.count) { memory in
      numbers.withUnsafeBytes { memory.copyMemory(from: $0) }
    }
    (type, factors) = (.f32, nil)
  }

  /// Takes the numbers `range` of an operand as they are stored, or nil where they must be restored.
  ///
  /// - Throws: the source's error.
  init?(_ encoding: Encoding, of tensor: StoredTensor, in range: Range<Int>) throws {
    func numbers(_ component: Int, _ range: Range<Int>) throws -> (RetainedBytes, ElementType)? {
      let type = tensor.components[component].elementType
      guard [.f32, .f16, .bf16, .f8e8m0, .u8].contains(type) else { return nil }
      let width = type.bitWidth / 8
      let bytes = try tensor.retainedBytes(
        of: component, in: width * range.lowerBound..<width * range.upperBound)
      // fp32 numbers are read where they are.
      guard type != .f32 || UInt(bitPattern: bytes.start) % 4 == 0 else { return nil }
      return (bytes, type)
    }
    let steps = encoding.steps ?? []
    guard encoding.bits == nil, steps.count <= 1,
      let (stored, type) = try numbers(encoding.component, range)
    else { return nil }
    self.stored = stored
    self.type = type
    guard let step = steps.first else {
      factors = nil
      return
    }
    guard step.operation == .multiply, let block = step.block, range.lowerBound % block == 0,
      step.operand.bits == nil, (step.operand.steps ?? []).isEmpty,
      let (shared, sharedType) = try numbers(
        step.operand.component,
        range.lowerBound / block..<(range.upperBound + block - 1) / block)
    else { return nil }
    factors = (shared, sharedType, block)
  }

  /// All bytes that it keeps.
  var retained: [RetainedBytes] { [stored] + (factors.map { [$0.stored] } ?? []) }

  /// The numbers where they are, if they are fp32.
  var floats: UnsafePointer<Float>? {
    type == .f32 && factors == nil ? stored.start.assumingMemoryBound(to: Float.self) : nil
  }

  /// Widens some of the numbers.
  ///
  /// - Parameter out: receives `range.count` numbers.
  func read(_ range: Range<Int>, into out: UnsafeMutablePointer<Float>) {
    Self.widen(stored, type, range, into: out)
    guard let (shared, sharedType, block) = factors, !range.isEmpty else { return }
    let blocks = range.lowerBound / block..<(range.upperBound - 1) / block + 1
    withUnsafeTemporaryAllocation(of: Float.self, capacity: blocks.count) { factors in
      guard let base = factors.baseAddress else { return }
      Self.widen(shared, sharedType, blocks, into: base)
      for index in 0..<range.count {
        out[index] *= base[(range.lowerBound &+ index) / block &- blocks.lowerBound]
      }
    }
  }

  private static func widen(
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
