// SPDX-License-Identifier: Apache-2.0

import CKernels
import Tensors

/// Numbers that are stored as whole ones: bytes with a sign, or codes of a few bits.
extension BlockNumbers {
  /// Widens some of the numbers, each times its block's factor where there are factors.
  func readIntegers(_ range: Range<Int>, into out: UnsafeMutablePointer<Float>) {
    withIntegers(range) { integers in
      let decode = Kernels.active.table.decode_int8
      guard let factors else {
        withUnsafePointer(to: 1) { decode?(integers, range.count, max(1, range.count), $0, out) }
        return
      }
      if factors.beginsBlock(at: range.lowerBound) {
        return factors.withFloats(of: range) { floats, _ in
          decode?(integers, range.count, factors.block, floats, out)
        }
      }
      factors.forEachBlock(of: range) { numbers, factor in
        let place = numbers.lowerBound - range.lowerBound
        withUnsafePointer(to: factor) {
          decode?(integers + place, numbers.count, numbers.count, $0, out + place)
        }
      }
    }
  }

  private func withIntegers(_ range: Range<Int>, _ body: (UnsafePointer<Int8>) -> Void) {
    withExtendedLifetime(stored) {
      guard let packing else {
        return body(stored.start.assumingMemoryBound(to: Int8.self) + range.lowerBound)
      }
      // Eight numbers are whole bytes.
      let first = range.lowerBound / 8 * 8
      let count = range.upperBound - first
      withUnsafeTemporaryAllocation(of: Int8.self, capacity: max(1, count)) { integers in
        guard let base = integers.baseAddress else { return }
        packing.unpack(stored.start + packing.byteCount(of: first), count: count, into: base)
        body(base + (range.lowerBound - first))
      }
    }
  }
}
