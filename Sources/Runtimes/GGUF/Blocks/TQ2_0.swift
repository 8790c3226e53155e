// SPDX-License-Identifier: Apache-2.0

/// Weights of −1, 0 and 1 with a scale, two bits each.
enum TQ2_0: GGUFBlock {
  static let name = "tq2_0"
  static let id: UInt32 = 35
  static let weightCount = 256
  static let byteCount = 64 + 2

  static func decode(_ block: UnsafePointer<UInt8>, into weights: UnsafeMutablePointer<Float>) {
    let scale = block.half(at: 64)
    for run in 0..<8 {
      let (half, layer) = (run / 4, run % 4)
      for index in 0..<32 {
        let code = block.pair(32 * half + index, part: layer)
        weights[32 * run + index] = scale * Float(code - 1)
      }
    }
  }
}
