// SPDX-License-Identifier: Apache-2.0

/// Stored numbers to fp32: the one place where element types are told apart by their bits.
///
/// Numbers that fp32 holds are converted exactly; others (of F64 and the wide integers) are rounded
/// to nearest even. NaN stays NaN, made quiet where the type's own conversion does so.
package enum ElementConversion {
  /// True where ``widen(_:of:into:)`` knows the type: all real types of whole bytes.
  package static func canWiden(_ type: ElementType) -> Bool {
    switch type {
    case .f4, .f6e2m3, .f6e3m2, .c64: false
    default: true
    }
  }

  /// Converts the numbers in `source`, little-endian at any alignment, into the start of `target`.
  ///
  /// - Parameters:
  ///   - source: whole elements of `type`.
  ///   - target: at least one place for each element.
  /// - Returns: false, and nothing is written, where ``canWiden(_:)`` is false.
  package static func widen(
    _ source: UnsafeRawBufferPointer, of type: ElementType,
    into target: UnsafeMutableBufferPointer<Float>
  ) -> Bool {
    guard canWiden(type) else { return false }
    let count = source.count * 8 / type.bitWidth
    precondition(count <= target.count, "the target is shorter than the source")
    guard count > 0, let from = source.baseAddress, let to = target.baseAddress else { return true }
    switch type {
    case .bf16: widen(from, count, to) { (bits: UInt16) in Float(bitPattern: UInt32(bits) << 16) }
    case .f16: widen(from, count, to, float(half:))
    case .f32: UnsafeMutableRawPointer(to).copyMemory(from: from, byteCount: count * 4)
    case .f64: widen(from, count, to) { (bits: UInt64) in Float(Double(bitPattern: bits)) }
    case .i8: widen(from, count, to) { (value: Int8) in Float(value) }
    case .u8: widen(from, count, to) { (value: UInt8) in Float(value) }
    case .bool: widen(from, count, to) { (value: UInt8) in value == 0 ? 0 : 1 }
    case .i16: widen(from, count, to) { (value: Int16) in Float(value) }
    case .u16: widen(from, count, to) { (value: UInt16) in Float(value) }
    case .i32: widen(from, count, to) { (value: Int32) in Float(value) }
    case .u32: widen(from, count, to) { (value: UInt32) in Float(value) }
    case .i64: widen(from, count, to) { (value: Int64) in Float(value) }
    case .u64: widen(from, count, to) { (value: UInt64) in Float(value) }
    case .f8e4m3: widen(from, count, to, SmallFloat.e4m3)
    case .f8e5m2: widen(from, count, to, SmallFloat.e5m2)
    case .f8e8m0: widen(from, count, to, SmallFloat.e8m0)
    case .f8e4m3fnuz: widen(from, count, to, SmallFloat.e4m3fnuz)
    case .f8e5m2fnuz: widen(from, count, to, SmallFloat.e5m2fnuz)
    case .f4, .f6e2m3, .f6e3m2, .c64: return false
    }
    return true
  }

  @inline(__always)
  private static func widen<Stored: FixedWidthInteger & BitwiseCopyable>(
    _ source: UnsafeRawPointer, _ count: Int, _ target: UnsafeMutablePointer<Float>,
    _ convert: (Stored) -> Float
  ) {
    for index in 0..<count {
      let stored = source.loadUnaligned(
        fromByteOffset: index &* MemoryLayout<Stored>.stride, as: Stored.self)
      target[index] = convert(Stored(littleEndian: stored))
    }
  }

  private static func widen(
    _ source: UnsafeRawPointer, _ count: Int, _ target: UnsafeMutablePointer<Float>,
    _ table: [Float]
  ) {
    table.withUnsafeBufferPointer { table in
      widen(source, count, target) { (code: UInt8) in table[Int(code)] }
    }
  }

  /// An IEEE half-precision number, exactly.
  ///
  /// Free of branches, so that the loop can be vectorized.
  @inline(__always)
  package static func float(half bits: UInt16) -> Float {
    let magnitude = UInt32(bits & 0x7FFF) << 13
    // The exponent's bias differs by 112; multiplying also normalizes subnormal numbers.
    let finite = (Float(bitPattern: magnitude) * 0x1p112).bitPattern
    let isNaN = bits & 0x7FFF > 0x7C00
    let special = magnitude | 0x7F80_0000 | (isNaN ? 0x40_0000 : 0)
    let result = bits & 0x7C00 == 0x7C00 ? special : finite
    return Float(bitPattern: result | UInt32(bits & 0x8000) << 16)
  }
}
