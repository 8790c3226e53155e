// SPDX-License-Identifier: Apache-2.0

/// Weights of −1, 0 and 1 with a scale, five to a byte as the digits of a number in base 3.
enum TQ1_0: GGUFBlock {
  static let name = "tq1_0"
  static let id: UInt32 = 34
  static let weightCount = 256
  static let byteCount = 48 + 4 + 2

  static func decode(_ block: UnsafePointer<UInt8>, into weights: UnsafeMutablePointer<Float>) {
    let scale = block.half(at: 52)
    decode(block, 32, digits: 5, scale: scale, into: weights)
    decode(block + 32, 16, digits: 5, scale: scale, into: weights + 160)
    decode(block + 48, 4, digits: 4, scale: scale, into: weights + 240)
  }

  /// A run of bytes: all first digits, then all second ones, and so on.
  @inline(__always)
  private static func decode(
    _ bytes: UnsafePointer<UInt8>, _ count: Int, digits: Int, scale: Float,
    into weights: UnsafeMutablePointer<Float>
  ) {
    var power: UInt8 = 1
    for digit in 0..<digits {
      for index in 0..<count {
        // A byte is a fraction of 256; multiplied, its next digit stands before the point.
        let code = (UInt16(bytes[index] &* power) * 3) >> 8
        weights[digit * count + index] = scale * Float(Int32(code) - 1)
      }
      power = power &* 3
    }
  }
}
