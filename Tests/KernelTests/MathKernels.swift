// SPDX-License-Identifier: Apache-2.0

import CKernels
import TestSupport
import Testing

/// The arithmetic of every instruction set that this processor has.
///
/// Sendable because the table is constant and so is the name that it points to.
struct MathKernels: CustomTestStringConvertible, @unchecked Sendable {
  let table: halftone_math

  static let all = [
    HALFTONE_ISA_SCALAR, HALFTONE_ISA_AVX2, HALFTONE_ISA_AVX512, HALFTONE_ISA_NEON,
  ].compactMap { halftone_math_for($0).map { MathKernels(table: $0.pointee) } }

  /// Around the widths of all vectors, and long rows.
  static let lengths = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 100, 1000, 4099]

  var testDescription: String { String(cString: table.name) }
}

/// The unit roundoff of Float.
let roundoff = 0x1p-24

/// `count` numbers from the range, the same in every run.
func row(_ count: Int, in range: ClosedRange<Float> = -4...4, seed: UInt64 = 1) -> [Float] {
  var generator = SeededGenerator(seed: seed &+ UInt64(count) << 8)
  return (0..<count).map { _ in Float.random(in: range, using: &generator) }
}

func relativeError(_ value: some BinaryFloatingPoint, _ expected: Double) -> Double {
  value.isNaN ? .infinity : abs(Double(value) - expected) / abs(expected)
}
