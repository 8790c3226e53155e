// SPDX-License-Identifier: Apache-2.0

/// Weights of −1, 0 and 1 with a scale, five to a byte as the digits of a number in base 3.
enum TQ1_0: GGUFBlock {
  static let name = "tq1_0"
  static let id: UInt32 = 34
  static let weightCount = 256
  static let byteCount = 48 + 4 + 2

  static func decode(_ block: UnsafePointer<UInt8>, into weights: UnsafeMutablePointer<Float>) {
    let scale = block.half(at: 52)
    var next = weights
    // Runs of bytes, and how many digits of each byte are used; all first digits of a run come
    // first, then all second ones.
    for (start, count, digits) in [(0, 32, 5), (32, 16, 5), (48, 4, 4)] as [(Int, Int, Int)] {
      var power: UInt8 = 1
      for _ in 0..<digits {
        for index in 0..<count {
          // A byte is a fraction of 256; multiplied, its next digit stands before the point.
          let digit = UInt16(block[start + index] &* power) * 3 >> 8
          next[index] = scale * Float(Int32(digit) - 1)
        }
        next += count
        power = power &* 3
      }
    }
  }
}
