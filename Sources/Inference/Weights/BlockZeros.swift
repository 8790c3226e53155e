// SPDX-License-Identifier: Apache-2.0

import Quantization
import Tensors

/// The zero points of blocks of four-bit codes, each a whole number from 0 to 15; as bytes they take more
/// room than as they are stored, so only those of some rows are bytes at a time.
struct BlockZeros: Sendable {
  private enum Form {
    /// One for all blocks.
    case single(UInt8)
    /// One byte for each block.
    case bytes(RetainedBytes)
    /// Half a byte for each block; of the first byte `skipped` halves, 0 or 1, are not ours.
    case nibbles(RetainedBytes, isLowFirst: Bool, skipped: Int)
  }

  private let form: Form

  /// Takes numbers, one for all blocks or one for each; nil where one is no such whole number.
  init?(_ numbers: [Float], isSingle: Bool) {
    let zeros = numbers.compactMap { UInt8(exactly: $0) }.filter { $0 < 16 }
    guard zeros.count == numbers.count else { return nil }
    form =
      if isSingle, let zero = zeros.first {
        .single(zero)
      } else {
        .bytes(RetainedBytes(count: zeros.count) { $0.copyBytes(from: zeros) })
      }
  }

  /// Takes the zero points `range` of an operand as they are stored, or nil where they must be restored.
  ///
  /// - Throws: the source's error.
  init?(_ encoding: Encoding, of tensor: StoredTensor, in range: Range<Int>) throws {
    guard encoding.bits == 4, (encoding.steps ?? []).isEmpty else { return nil }
    form = .nibbles(
      try tensor.retainedBytes(
        of: encoding.component, in: range.lowerBound / 2..<(range.upperBound + 1) / 2),
      isLowFirst: encoding.order == .low, skipped: range.lowerBound % 2)
  }

  /// All bytes that it keeps.
  var retained: [RetainedBytes] {
    switch form {
    case .single: []
    case .bytes(let bytes), .nibbles(let bytes, _, _): [bytes]
    }
  }

  /// Calls `body` with the zero points of some blocks as bytes, valid during the call.
  func withBytes(of blocks: Range<Int>, _ body: (UnsafePointer<UInt8>) -> Void) {
    withExtendedLifetime(self) {
      if case .bytes(let bytes) = form {
        return body(bytes.start.assumingMemoryBound(to: UInt8.self) + blocks.lowerBound)
      }
      withUnsafeTemporaryAllocation(of: UInt8.self, capacity: max(1, blocks.count)) { wide in
        guard let base = wide.baseAddress else { return }
        switch form {
        case .single(let zero): base.update(repeating: zero, count: blocks.count)
        case .bytes: break
        case .nibbles(let bytes, let isLowFirst, let skipped):
          Self.widen(
            bytes, blocks.lowerBound + skipped..<blocks.upperBound + skipped,
            isLowFirst: isLowFirst, into: base)
        }
        body(base)
      }
    }
  }

  /// Gives the halves `range` of some bytes as bytes.
  private static func widen(
    _ bytes: RetainedBytes, _ range: Range<Int>, isLowFirst: Bool,
    into out: UnsafeMutablePointer<UInt8>
  ) {
    let codes = bytes.start.assumingMemoryBound(to: UInt8.self)
    func half(_ place: Int) -> UInt8 {
      (place % 2 == 0) != isLowFirst ? codes[place / 2] >> 4 : codes[place / 2] & 15
    }
    var place = range.lowerBound
    while place < range.upperBound {
      let index = place - range.lowerBound
      guard place % 2 == 0, range.upperBound - place >= 32 else {
        out[index] = half(place)
        place += 1
        continue
      }
      let sixteen = UnsafeRawPointer(codes + place / 2).loadUnaligned(as: SIMD16<UInt8>.self)
      let (high, low) = (sixteen &>> 4, sixteen & 15)
      var halves = SIMD32<UInt8>()
      (halves.evenHalf, halves.oddHalf) = isLowFirst ? (low, high) : (high, low)
      UnsafeMutableRawPointer(out + index).storeBytes(of: halves, as: SIMD32<UInt8>.self)
      place += 32
    }
  }
}
